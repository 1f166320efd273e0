import { expect, it } from "vitest";

import { explainEnd } from "./process-end.ts";

const end = { exitCode: null, signal: null, lastLines: [] };

it.each([
  [{ ...end, exitCode: 7 }, "ENGINE_CRASHED", "exit code 7"],
  [{ ...end, signal: "SIGSEGV" as const }, "ENGINE_CRASHED", "signal SIGSEGV"],
  [{ ...end, signal: "SIGILL" as const }, "ENGINE_CPU_UNSUPPORTED", "processor"],
  [{ ...end, exitCode: 0xc000001d }, "ENGINE_CPU_UNSUPPORTED", "processor"],
  [
    { ...end, signal: "SIGABRT" as const, lastLines: ["FATAL ERROR: … JavaScript heap out of memory", "1: 0xb0"] },
    "ENGINE_OUT_OF_MEMORY",
    "512 MB",
  ],
  [{ ...end, signal: "SIGKILL" as const, silentMs: 60_000 }, "ENGINE_NOT_ANSWERING", "within 60 s"],
  [{ ...end, startError: new Error("spawn ENOENT") }, "ENGINE_NOT_STARTED", "spawn ENOENT"],
])("explains %j as %s", (how, code, words) => {
  expect(explainEnd(how, 512)).toMatchObject({ code, message: expect.stringContaining(words) as string });
});
