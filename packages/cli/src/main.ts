#!/usr/bin/env node
import { boundMemory } from "./bound-memory.ts";
import { runCli } from "./run-cli.ts";

boundMemory();
process.exitCode = await runCli(process.argv.slice(2));
