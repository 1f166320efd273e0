import { readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";

import { type Finding, ResonaError, type Remedy } from "@resona/core";
import { describe, expect, test } from "vitest";

import { execute } from "../execute.ts";
import { exitCodes } from "../exit-codes.ts";
import { diagnostics, FakeEngine, fakeContext, maintenance, summary } from "../testing/fake-context.ts";
import { cli, workspaceWith } from "../testing/run-cli.ts";

function finding(kind: Remedy["kind"], severity: Finding["severity"] = "warning"): Finding {
  const remedy = { kind, sentence: `Do ${kind}.` };
  return { code: "FRAGMENTED", severity, sentence: `Needs ${kind}.`, remedy };
}

/** An engine whose findings go when their remedies are applied. */
class SickEngine extends FakeEngine {
  findings: readonly Finding[];

  constructor(...findings: Finding[]) {
    super();
    this.findings = findings;
    const cure = (...kinds: Remedy["kind"][]) => {
      this.findings = this.findings.filter(({ remedy }) => !kinds.includes(remedy.kind));
    };
    this.diagnoses = () => ({ ...diagnostics, findings: this.findings });
    this.indexes = ({ rebuild }) => {
      if (rebuild === true) cure("rebuild", "index", "maintain");
      else cure("index");
      return summary;
    };
    this.maintains = () => {
      cure("maintain");
      return maintenance;
    };
    this.heals = () => {
      cure("heal");
      return { tables: [] };
    };
  }

  /** What was done, without looking at it. */
  get treatments(): string[] {
    return this.calls.filter((call) => call !== "diagnose" && call !== "close");
  }
}

/** Answers questions in turn, and remembers them. */
function answering(...answers: string[]) {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answers.shift() ?? "";
  };
  return { asked, ask };
}

describe("doctor", () => {
  test("looks once and quickly, changes nothing, and is content with a healthy index", async () => {
    const engine = new SickEngine(finding("none", "info"));
    const context = fakeContext(engine);
    expect(await execute(["doctor"], context)).toBe("done");
    expect(engine.calls).toEqual(["diagnose", "close"]);
    expect(context.stdout.text).toMatch(/^info\[FRAGMENTED\]: Needs none\.\n {2}Do none\.\nHealthy: 8,000 rows\.\n$/);
    expect(context.stderr.text).toBe("");
  });

  test.each(["warning", "error"] as const)("ends with 1 when it finds a %s", async (severity) => {
    const context = fakeContext(new SickEngine(finding("maintain", severity)));
    expect(exitCodes[await execute(["doctor"], context)]).toBe(1);
    expect(context.stdout.text).toContain(`${severity}[FRAGMENTED]: Needs maintain.\n  Do maintain.\n1 ${severity}.\n`);
  });

  test("looks deeply when asked to, and tells how far it is", async () => {
    const engine = new FakeEngine();
    engine.diagnoses = ({ onProgress }) => {
      onProgress?.({ rows: 2_000, total: 8_000, table: "chunks" });
      return diagnostics;
    };
    const context = fakeContext(engine);
    Object.assign(context.stderr, { isTTY: true, columns: 80 });
    expect(await execute(["doctor", "--deep"], context)).toBe("done");
    expect(engine.calls[0]).toBe("diagnose deeply");
    expect(context.stderr.text).toContain("Reading chunks  ██████░░░░░░░░░░░░░░░░░░  25%  2,000 of 8,000 rows");
  });

  test("is trouble where there is nothing to look at", async () => {
    const engine = new FakeEngine();
    engine.diagnoses = () => {
      throw new ResonaError("NO_INDEX", "There is no index.", "Run `resona index` first.");
    };
    const context = fakeContext(engine);
    expect(exitCodes[await execute(["doctor"], context)]).toBe(2);
    expect(context.stderr.text).toBe("error[NO_INDEX]: There is no index.\nRun `resona index` first.\n");
  });

  test("gives one document under --json", async () => {
    const found = finding("maintain");
    const context = fakeContext(new SickEngine(found));
    await execute(["doctor", "--json"], context);
    expect(JSON.parse(context.stdout.text)).toEqual({
      schema: 1,
      command: "doctor",
      workspace: "/w",
      indexPath: "/w/.resona",
      healthy: false,
      ...diagnostics,
      findings: [found],
      fixes: null,
    });
  });
});

describe("doctor --fix", () => {
  test("asks before each remedy, applies what is agreed to in a safe order, and shows what is left", async () => {
    const engine = new SickEngine(finding("maintain"), finding("index"), finding("heal", "error"));
    const { asked, ask } = answering("y", " YES ", "n");
    const context = fakeContext(engine, { ask });
    expect(await execute(["doctor", "--fix"], context)).toBe("unhealthy");
    expect(asked).toEqual([
      "Let the tables go back to their newest whole versions? [y/N] ",
      "Bring the index up to date? [y/N] ",
      "Compact the tables, bring their indexes up to date and remove old versions? [y/N] ",
    ]);
    expect(engine.treatments).toEqual(["heal", "index"]);
    // First what was found, at the end what is left.
    expect(context.stderr.text).toContain("1 error and 2 warnings.\n");
    expect(context.stdout.text).toBe("warning[FRAGMENTED]: Needs maintain.\n  Do maintain.\n1 warning.\n");
  });

  test("asks for one thing once, however many findings it helps against", async () => {
    const engine = new SickEngine(finding("maintain"), finding("maintain"), finding("maintain"));
    const { asked, ask } = answering("y");
    const context = fakeContext(engine, { ask });
    expect(await execute(["doctor", "--fix"], context)).toBe("done");
    expect(asked).toHaveLength(1);
    expect(context.stdout.text).toBe("Healthy: 8,000 rows.\n");
  });

  test("indexes after the tables went back, though nothing said so before", async () => {
    const engine = new SickEngine(finding("heal"));
    await execute(["doctor", "--fix", "--yes"], fakeContext(engine));
    expect(engine.treatments).toEqual(["heal", "index"]);
  });

  test("builds anew instead of all that this does as well", async () => {
    const engine = new SickEngine(finding("maintain"), finding("rebuild", "error"), finding("index"));
    expect(await execute(["doctor", "--fix", "--yes"], fakeContext(engine))).toBe("done");
    expect(engine.treatments).toEqual(["rebuild"]);
    const declined = new SickEngine(finding("maintain"), finding("rebuild", "error"));
    const { ask } = answering("no", "y");
    expect(await execute(["doctor", "--fix"], fakeContext(declined, { ask }))).toBe("unhealthy");
    expect(declined.treatments).toEqual(["maintain"]);
  });

  test.each(["", "n", "no", "yep", "Y?"])("takes %j for a no", async (answer) => {
    const engine = new SickEngine(finding("maintain"));
    const { ask } = answering(answer);
    const context = fakeContext(engine, { ask });
    expect(await execute(["doctor", "--fix"], context)).toBe("unhealthy");
    expect(engine.calls).toEqual(["diagnose", "close"]);
    // What was found is told once.
    expect(context.stderr.text).toContain("Needs maintain.");
    expect(context.stdout.text).toBe("");
  });

  test("asks nothing when nothing is wrong, or when nothing of the engine's helps", async () => {
    const { asked, ask } = answering();
    await execute(["doctor", "--fix"], fakeContext(new SickEngine(finding("maintain", "info")), { ask }));
    await execute(["doctor", "--fix"], fakeContext(new SickEngine(finding("none", "error")), { ask }));
    expect(asked).toEqual([]);
  });

  test("without a terminal, or under --json, wants --yes and says so before it looks", async () => {
    const engine = new SickEngine(finding("maintain"));
    const context = fakeContext(engine);
    expect(exitCodes[await execute(["doctor", "--fix"], context)]).toBe(2);
    expect(context.stderr.text).toBe(
      [
        "error[USAGE]: --fix asks before it does anything, and there is no terminal to ask at.",
        "Add --yes to do without asking whatever helps.",
        "",
      ].join("\n"),
    );
    const json = fakeContext(engine, { ask: answering("y").ask });
    expect(exitCodes[await execute(["doctor", "--fix", "--json"], json)]).toBe(2);
    expect(JSON.parse(json.stdout.text)).toMatchObject({ error: { code: "USAGE" } });
    expect(engine.calls).toEqual([]);
  });

  test("goes on when a remedy fails, says why, and ends with 2", async () => {
    const engine = new SickEngine(finding("index"), finding("maintain"));
    engine.indexes = () => {
      throw new ResonaError("INDEX_LOCKED", "It is being written.", "Wait.");
    };
    const context = fakeContext(engine);
    expect(exitCodes[await execute(["doctor", "--fix", "--yes"], context)]).toBe(2);
    expect(engine.treatments).toEqual(["index", "maintain"]);
    expect(context.stderr.text).toContain("error[INDEX_LOCKED]: It is being written.\nWait.\n");
    expect(context.stdout.text).toContain("Needs index.");
  });

  test("tells in the document what became of each remedy", async () => {
    const engine = new SickEngine(finding("heal"), finding("maintain"));
    engine.maintains = () => {
      const failures = [{ step: "compaction", table: "chunks", code: "DISK_FULL", message: "No space." }] as const;
      return { ...maintenance, failures };
    };
    const context = fakeContext(engine);
    expect(await execute(["doctor", "--fix", "--yes", "--json"], context)).toBe("trouble");
    expect(context.stderr.text).toBe("");
    const document = JSON.parse(context.stdout.text) as { fixes: unknown };
    expect(document.fixes).toEqual([
      { remedy: "heal", status: "done", error: null },
      { remedy: "index", status: "done", error: null },
      {
        remedy: "maintain",
        status: "failed",
        error: {
          code: "DISK_FULL",
          message: "Maintenance of the table chunks failed at compaction: No space.",
          nextStep: "Run `resona maintain` to try again.",
        },
      },
    ]);
  });

  test("is interrupted as a whole", async () => {
    const engine = new SickEngine(finding("index"), finding("maintain"));
    const controller = new AbortController();
    engine.indexes = () => {
      controller.abort();
      return { ...summary, status: "interrupted" };
    };
    const context = fakeContext(engine, { signal: controller.signal });
    expect(exitCodes[await execute(["doctor", "--fix", "--yes"], context)]).toBe(130);
    expect(engine.treatments).toEqual(["index"]);
  });
});

describe("a real index", () => {
  const files = { "src/volcano.ts": "export const volcano = 1;\n", "b.go": "func parse() {}\n" };

  test("is healthy after indexing, also on a deep look", async () => {
    const cwd = await workspaceWith(files);
    await cli(["index"], { cwd });
    expect(await cli(["doctor", "--deep"], { cwd })).toEqual({ code: 0, stdout: "Healthy: 2 rows.\n", stderr: "" });
  });

  test("without a data file is found out, and built anew on request", async () => {
    const cwd = await workspaceWith(files);
    await cli(["index"], { cwd });
    const data = join(cwd, ".resona/chunks.lance/data");
    for (const name of await readdir(data)) await rm(join(data, name));
    const found = await cli(["doctor"], { cwd });
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(
      /^error\[DATA_MISSING\]: The table chunks lacks 1 file: data\/.*\.lance\.\n {2}.*\n1 error\.\n$/,
    );
    const refused = await cli(["doctor", "--fix"], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("Add --yes");
    const fixed = await cli(["doctor", "--fix", "--yes"], { cwd });
    expect(fixed).toMatchObject({ code: 0, stdout: "Healthy: 2 rows.\n" });
    expect((await cli(["search", "--no-refresh", "volcano"], { cwd })).stdout).toContain("src/volcano.ts:1");
  });

  test("with a torn manifest goes back to the version before, and the rest is indexed again", async () => {
    const cwd = await workspaceWith(files);
    await cli(["index"], { cwd });
    const versions = join(cwd, ".resona/files.lance/_versions");
    const [newest = ""] = (await readdir(versions)).toSorted();
    await truncate(join(versions, newest), 0);
    const found = await cli(["doctor", "--json"], { cwd });
    expect(found.code).toBe(1);
    const { findings } = JSON.parse(found.stdout) as { findings: Finding[] };
    expect(findings.map(({ code, remedy }) => `${code} ${remedy.kind}`)).toEqual(["MANIFEST_TORN heal"]);
    const fixed = await cli(["doctor", "--fix", "--yes", "--json"], { cwd });
    expect(fixed).toMatchObject({ code: 0 });
    expect(JSON.parse(fixed.stdout)).toMatchObject({
      healthy: true,
      totalRows: 2,
      fixes: [
        { remedy: "heal", status: "done" },
        { remedy: "index", status: "done" },
      ],
    });
  });

  test("that was made with other options is found out", async () => {
    const cwd = await workspaceWith(files);
    await cli(["index", "--chunk-chars", "700"], { cwd });
    expect((await cli(["doctor"], { cwd })).code).toBe(0);
    const other = await cli(["doctor", "--chunk-chars", "900"], { cwd });
    expect(other.code).toBe(1);
    expect(other.stdout).toContain(
      "warning[FINGERPRINT_MISMATCH]: The index does not match what is asked for: it was made with --chunk-chars 700, not 900.\n",
    );
    const gone = await cli(["doctor", "--json", "--model", "/no/such.gguf"], { cwd });
    const { findings } = JSON.parse(gone.stdout) as { findings: Finding[] };
    expect(findings[0]).toMatchObject({ code: "MODEL_UNUSABLE", sentence: "There is no model file /no/such.gguf." });
  });
});
