import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Runs the CLI and lists the flags and heaps of every process image that it went through. */
function imagesOf(env: Record<string, string>): string[] {
  const spy = "console.error('image', process.execArgv.join(' '), process.env.MALLOC_ARENA_MAX)";
  const run = spawnSync(
    process.execPath,
    ["--conditions=@resona/source", `--import=data:text/javascript,${spy}`, main, "--version"],
    { encoding: "utf8", env: { PATH: process.env["PATH"], ...env } },
  );
  expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  return run.stderr.split("\n").filter((line) => line.startsWith("image"));
}

test.runIf(process.platform === "linux")("the command starts over once, with bounded heaps", () => {
  const images = imagesOf({});
  expect(images).toHaveLength(2);
  expect(images[0]).toMatch(/undefined$/);
  expect(images[1]).toMatch(/--max-semi-space-size=8 .* 2$/);
});

test.runIf(process.platform === "linux")("the command leaves the settings of a user alone", () => {
  const images = imagesOf({ MALLOC_ARENA_MAX: "5" });
  expect(images).toHaveLength(2);
  expect(images[1]).toMatch(/ 5$/);
});
