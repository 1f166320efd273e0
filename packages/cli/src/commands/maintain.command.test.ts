import { ResonaError } from "@resona/core";
import { describe, expect, test } from "vitest";

import { execute } from "../execute.ts";
import { exitCodes } from "../exit-codes.ts";
import { FakeEngine, fakeContext, maintenance } from "../testing/fake-context.ts";
import { cli, workspaceWith } from "../testing/run-cli.ts";

describe("maintain", () => {
  test("without flags leaves every decision to the engine", async () => {
    const engine = new FakeEngine();
    const context = fakeContext(engine);
    expect(await execute(["maintain"], context)).toBe("done");
    expect(engine.calls).toEqual(["stats", "maintain", "stats", "close"]);
    const { onProgress, signal, ...options } = engine.maintenanceOptions ?? {};
    expect(options).toEqual({});
    expect(signal).toBe(context.signal);
    expect(onProgress).toBeTypeOf("function");
    expect(context.stdout.text).toMatch(/^Maintained in 1\.2 s: .*\n +before +after\n/);
  });

  test.each([
    ["--skip-compact", { skipCompaction: true }],
    ["--skip-index", { skipIndex: true }],
    ["--skip-cleanup", { skipCleanup: true }],
    ["--retention-days=0", { retentionDays: 0 }],
    ["--retention-days=1.5", { retentionDays: 1.5 }],
    ["--if-needed", { onlyIfNeeded: true }],
  ])("passes %s on, and nothing else", async (flag, expected) => {
    const engine = new FakeEngine();
    await execute(["maintain", "--json", flag], fakeContext(engine));
    const { signal: _, ...options } = engine.maintenanceOptions ?? {};
    expect(options).toEqual(expected);
  });

  test.each(["-1", "x", "", "1e3", "NaN", "Infinity"])("refuses a retention of %j days", async (days) => {
    const engine = new FakeEngine();
    const context = fakeContext(engine);
    expect(await execute(["maintain", `--retention-days=${days}`], context)).toBe("trouble");
    expect(context.stderr.text).toContain("It must be 0 or a greater number.");
    expect(engine.calls).toEqual([]);
  });

  test("tells its steps on stderr, on one line each; not under --json", async () => {
    const engine = new FakeEngine();
    engine.maintains = ({ onProgress }) => {
      onProgress?.("compaction", "chunks: merging\n12 fragments");
      onProgress?.("index");
      return maintenance;
    };
    const context = fakeContext(engine);
    await execute(["maintain"], context);
    expect(context.stderr.text).toBe("compaction  chunks: merging\\n12 fragments\nindex       \n");
    const json = fakeContext(engine);
    await execute(["maintain", "--json"], json);
    expect(json.stderr.text).toBe("");
    expect(JSON.parse(json.stdout.text)).toMatchObject({
      schema: 1,
      command: "maintain",
      workspace: "/w",
      indexPath: "/w/.resona",
      ...maintenance,
      before: { fragments: 1, versions: 3 },
      after: { diskBytes: 12_345_678 },
    });
  });

  test("is trouble when a step failed, and interrupted when it was stopped", async () => {
    const engine = new FakeEngine();
    const failures = [{ step: "cleanup", table: "chunks", code: "STORE_FAILED", message: "No." }] as const;
    engine.maintains = () => ({ ...maintenance, failures });
    const context = fakeContext(engine);
    expect(exitCodes[await execute(["maintain"], context)]).toBe(2);
    expect(context.stdout.text).toContain("error[STORE_FAILED]: cleanup of chunks: No.\n");
    engine.maintains = () => ({ ...maintenance, interrupted: true });
    expect(exitCodes[await execute(["maintain"], fakeContext(engine))]).toBe(130);
  });

  test("mends an index that cannot be measured", async () => {
    const engine = new FakeEngine();
    const { measures } = engine;
    let isBroken = true;
    engine.measures = () => {
      if (isBroken) throw new ResonaError("INDEX_DAMAGED", "Broken.", "Mend it.");
      return measures();
    };
    engine.maintains = () => {
      isBroken = false;
      return maintenance;
    };
    const context = fakeContext(engine);
    expect(await execute(["maintain"], context)).toBe("done");
    expect(context.stdout.text).toMatch(/^ {2}Fragments +unknown +1$/m);
  });

  test("keeps a real index in order", async () => {
    const cwd = await workspaceWith({ "a.ts": "export const volcano = 1;\n", "b.go": "func parse() {}\n" });
    expect(await cli(["maintain"], { cwd })).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error\[NO_INDEX\]: .*\nRun `resona index` first\.\n$/) as string,
    });
    await cli(["index"], { cwd });
    const run = await cli(["maintain", "--retention-days", "0"], { cwd });
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/^Maintained in .*\n +before +after\n {2}Fragments .*\n/);
    expect(run.stderr).toMatch(/^compaction +chunks: /m);
    const again = await cli(["maintain", "--if-needed", "--json"], { cwd });
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toMatchObject({ command: "maintain", indexRebuilt: false, failures: [] });
    expect((await cli(["search", "--no-refresh", "volcano"], { cwd })).stdout).toContain("a.ts:1");
  });
});
