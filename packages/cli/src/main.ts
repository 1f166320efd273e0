#!/usr/bin/env node
import { boundMemory } from "./bound-memory.ts";

boundMemory();
// Loaded after it, since what was loaded before may have to be loaded again.
const { runCli } = await import("./run-cli.ts");
process.exitCode = await runCli(process.argv.slice(2));
