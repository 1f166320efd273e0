import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { diagnosed, finding, healthy, now, stats } from "../health/folder-health.test-helper.ts";
import { english } from "../text/english.test-helper.ts";
import { announcementOf } from "./announcement.ts";
import type { HealthView } from "./health-view.ts";
import { renderPage, renderSections } from "./render-page.ts";

const frame = {
  styleUri: "https://x/health.css",
  scriptUri: "https://x/health.js",
  cspSource: "https://x",
  nonce: "n0",
};

const before = { fragments: 23, versions: 131, unindexedRows: 6_120, diskBytes: 148_300_000 };
const result = {
  compaction: { fragmentsRemoved: 23, filesCreated: 2 },
  indexRebuilt: true,
  durationMs: 4_210,
  stepMs: {},
  failures: [],
  notes: ["Something could not be had."],
  interrupted: false,
};

function viewOf(more: Partial<HealthView> = {}): HealthView {
  const health = more.health ?? healthy();
  return {
    folders: [health],
    health,
    history: [
      { at: now.getTime() - 9e6, fragments: 5, versions: 9, maintained: false },
      { at: now.getTime() - 5e6, fragments: 2, versions: 1, maintained: true },
      { at: now.getTime(), fragments: 7, versions: 42, maintained: false },
    ],
    memory: { startedAt: 0, interval: 250, points: [100e6, 200e6, 150e6] },
    maintenance: undefined,
    examination: undefined,
    now,
    ...more,
  };
}

function section(id: string, more: Partial<HealthView> = {}): string {
  return renderSections(viewOf(more), english)[id] ?? "";
}

/** The text of HTML, without what is hidden, in one line. */
function textOf(markup: string): string {
  return markup
    .replaceAll(/<svg.*?<\/svg>/gs, " ")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The tags and their attributes, without any values. */
function bonesOf(markup: string): string[] {
  return (markup.match(/<[^>]*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, '""'));
}

function withNames(name: string): HealthView {
  const message = `Not ${name}`;
  const { remedy } = finding("DISK_LOW", "warning", "none");
  const health = healthy({
    id: name,
    name,
    stats: {
      ...stats,
      modelName: name,
      failures: [{ path: name, message }],
      skippedPaths: { binary: [`${name}1`] },
      languages: [{ language: name, files: 1, chunks: 1 }],
      indexes: [{ column: name, indexedRows: 1, unindexedRows: 1, bytes: 1 }],
    },
    diagnostics: diagnosed({
      ...finding("FILES_FAILED", "error", "none"),
      sentence: name,
      remedy: { ...remedy, sentence: name },
    }),
  });
  const failure = { step: "cleanup", table: name, code: "STORE_FAILED", message: name } as const;
  const noted = { ...result, notes: [name], failures: [failure] };
  return viewOf({
    folders: [health, { id: `${name}2`, name }],
    health,
    maintenance: { kind: "done", before, after: before, result: noted },
    examination: { kind: "running", progress: { table: name, rows: 1, total: 2 } },
  });
}

/** Halves of characters, control characters and all. */
const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  minLength: 1,
});

describe("the page", () => {
  const page = renderPage(viewOf(), frame, english);

  it("may run its own script and load its own styles, and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1];
    expect(policy).toBe("default-src 'none'; style-src https://x; script-src 'nonce-n0'".replaceAll("'", "&#39;"));
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/\sstyle="|\son\w+="|<style|javascript:/);
    expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, uri]) => uri)).toEqual([
      frame.styleUri,
      frame.scriptUri,
    ]);
  });

  it("has a place for each section that can be updated", () => {
    for (const id of Object.keys(renderSections(viewOf(), english))) expect(page).toContain(`<section id="${id}">`);
  });

  it("has the same structure whatever things are called", () => {
    const usual = bonesOf(renderPage(withNames("x"), frame, english));
    const hostile = fc.constantFrom(
      "<script>alert(1)</script>",
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='x",
      "</section>",
      "<!--",
      "&lt;b&gt;",
      "a\u202Egpj.exe",
      "a\nb\r\0c",
    );
    fc.assert(
      fc.property(fc.oneof(hostile, anyText, fc.string({ minLength: 1 })), (name) => {
        const odd = renderPage(withNames(name), frame, english);
        expect(bonesOf(odd)).toEqual(usual);
        expect(/[\u202A-\u202E\u2066-\u2069]/.test(odd.replaceAll(/<[^>]*>/g, ""))).toBe(false);
      }),
    );
  });

  it("has a key of its own for everything that can have the focus, and a name for everything that is seen only", () => {
    for (const view of [
      viewOf(),
      withNames("x"),
      viewOf({ maintenance: { kind: "running", before, step: "index" } }),
    ]) {
      const markup = renderPage(view, frame, english);
      const focusable = markup.match(/<(?:button|select|details)[^>]*>/g) ?? [];
      const keys = focusable.map((tag) => /data-key="([^"]*)"/.exec(tag)?.[1]);
      expect(keys).not.toContain(undefined);
      expect(new Set(keys).size).toBe(keys.length);
      for (const tag of markup.match(/<svg[^>]*>/g) ?? [])
        expect(tag).toMatch(/aria-hidden="true"|role="img"\s+aria-label="[^"]+/);
    }
  });
});

describe("the verdict", () => {
  it.each([
    ["The index is healthy", healthy()],
    ["1 thing could be better", healthy({ diagnostics: diagnosed(finding("FRAGMENTED", "warning", "maintain")) })],
    [
      "2 problems were found",
      healthy({
        diagnostics: diagnosed(
          finding("DATA_CORRUPT", "error", "rebuild"),
          finding("INDEX_BROKEN", "error", "maintain"),
        ),
      }),
    ],
    [
      "Indexing: 25% of 400 files Indexing 100 of 400",
      healthy({ phase: { kind: "indexing", progress: { done: 100, total: 400 } } }),
    ],
    ["The index is healthy Indexing is paused", healthy({ isPaused: true })],
    ["Not looked at yet", healthy({ phase: { kind: "unmeasured" } })],
    ["Not looked at yet Indexing is paused", healthy({ phase: { kind: "unmeasured" }, isPaused: true })],
    [
      "Files have changed since the index was last brought up to date Index now",
      healthy({ hasUnindexedChanges: true }),
    ],
    [
      "1 thing could be better Files have changed since the index was last brought up to date Index now Indexing is paused",
      healthy({
        hasUnindexedChanges: true,
        isPaused: true,
        diagnostics: diagnosed(finding("FRAGMENTED", "warning", "maintain")),
      }),
    ],
  ])("is: %s", (text, health) => {
    expect(textOf(section("verdict", { health }))).toBe(text);
  });

  it("offers what helps where there is no index, and where the engine does not run", () => {
    const error = { code: "ENGINE_KEEPS_CRASHING", message: "It crashed.", nextStep: "Check the log." } as const;
    expect(section("verdict", { health: healthy({ phase: { kind: "no-index" } }) })).toContain('data-run="index"');
    const failed = section("verdict", { health: healthy({ phase: { kind: "down", error } }) });
    expect(textOf(failed)).toBe("It crashed. Check the log. Try Again Show Log");
    expect(failed).toContain('data-help="resona.restartEngine"');
  });

  it("speaks of the editor and not of the command line, with the buttons that help", () => {
    const error = { code: "MODEL_NOT_FOUND", message: "No model.", nextStep: "Say --model." } as const;
    const helpIn = (kind: "failed" | "down") => {
      const markup = section("verdict", { health: healthy({ phase: { kind, error } }) });
      expect(textOf(markup)).not.toContain("--model");
      return [...markup.matchAll(/data-help="([^"]*)"/g)].map(([, command]) => command);
    };
    expect(helpIn("failed")).toEqual(["workbench.action.openSettings", "resona.index"]);
    // What an engine that is down is asked for would fail again.
    expect(helpIn("down")).toEqual(["workbench.action.openSettings", "resona.restartEngine"]);
    const foreign = { code: "INDEX_FOREIGN", message: "No index.", nextStep: "Say --index." } as const;
    const down = section("verdict", { health: healthy({ phase: { kind: "down", error: foreign } }) });
    expect(down).toContain('data-help="resona.restartEngine"');
  });

  it("says what came of reading every record, also aloud", () => {
    const done = {
      kind: "done",
      at: new Date(now.getTime() - 60_000),
      chunks: 1_234,
      version: 1,
      isSound: true,
    } as const;
    expect(textOf(section("verdict", { examination: done }))).toBe(
      "The index is healthy All records of 1,234 chunks were read; nothing is wrong. 1 minute ago",
    );
    expect(announcementOf(viewOf({ examination: done }), english)).toBe(
      "All records of 1,234 chunks were read; nothing is wrong. The index is healthy",
    );
    const bad = { ...done, isSound: false };
    expect(textOf(section("verdict", { examination: bad }))).toContain("has found something wrong");
  });

  it("lets a check be cancelled and not begun once more, before it is known how far it is", () => {
    const examination = { kind: "running" } as const;
    expect(section("header", { examination })).toContain('data-post="cancel-examination"');
    expect(section("header", { examination })).not.toContain('data-post="examine"');
    expect(textOf(section("verdict", { examination }))).toBe("The index is healthy Reading every record");
    expect(announcementOf(viewOf({ examination }), english)).toBe("Reading every record");
  });

  it("is announced, with the steps of maintenance and no numbers that run", () => {
    const indexing = (done: number) =>
      viewOf({ health: healthy({ phase: { kind: "indexing", progress: { done, total: 400 } } }) });
    expect(announcementOf(indexing(1), english)).toBe(announcementOf(indexing(399), english));
    const maintenance = (step: "index" | "cleanup") => viewOf({ maintenance: { kind: "running", before, step } });
    expect(announcementOf(maintenance("index"), english)).toBe("Maintenance: Bring indexes up to date");
    expect(announcementOf(viewOf({ maintenance: { kind: "done", before, after: before, result } }), english)).toBe(
      "Finished in 4.2 sec. The index is healthy",
    );
  });
});

describe("findings", () => {
  it.each(["maintain", "index", "rebuild", "heal"] as const)("have a button for the remedy %s", (remedy) => {
    const health = healthy({ diagnostics: diagnosed(finding("DATA_CORRUPT", "error", remedy)) });
    expect(section("findings", { health })).toContain(`data-run="${remedy}"`);
  });

  it("have no button where only the user can help, but say how", () => {
    const health = healthy({ diagnostics: diagnosed(finding("DISK_LOW", "warning", "none")) });
    expect(section("findings", { health })).not.toContain("<button");
    expect(textOf(section("findings", { health }))).toBe(
      "Findings Warning: The disk is nearly full This is DISK_LOW. Do something about it.",
    );
  });

  it("cannot be treated while something is under way", () => {
    const diagnostics = diagnosed(finding("FRAGMENTED", "warning", "maintain"));
    const isDisabled = (markup: string) => /<button[^>]* aria-disabled="true"/.test(markup);
    expect(isDisabled(section("findings", { health: healthy({ diagnostics }) }))).toBe(false);
    expect(isDisabled(section("findings", { health: healthy({ diagnostics, phase: { kind: "indexing" } }) }))).toBe(
      true,
    );
  });

  it("are not there where nothing was found", () => {
    expect(section("findings")).toBe("");
  });
});

describe("maintenance", () => {
  it("shows its steps while it is under way, and can be cancelled", () => {
    const markup = section("maintenance", {
      maintenance: { kind: "running", before, step: "compaction", details: "23 fragments" },
    });
    expect(textOf(markup)).toContain(
      "Remove leftovers done Merge fragments under way 23 fragments Bring indexes up to date to be done",
    );
    expect(markup).toContain('data-post="cancel-maintenance"');
    expect(markup).not.toContain("data-run");
  });

  it("shows what it has changed", () => {
    const after = { fragments: 2, versions: 3, unindexedRows: 0, diskBytes: 87_100_000 };
    expect(textOf(section("maintenance", { maintenance: { kind: "done", before, after, result } }))).toBe(
      "Maintenance Finished in 4.2 sec Before After Fragments 23 2 Versions 131 3 Rows not indexed 6,120 0 " +
        "Size on disk 148 MB 87.1 MB Something could not be had. Run maintenance",
    );
  });

  it("says what failed, was stopped, or was not needed", () => {
    const outcome = (more: Partial<typeof result> & object) => {
      const done = { ...result, ...more };
      return textOf(section("maintenance", { maintenance: { kind: "done", before, after: before, result: done } }));
    };
    const failure = { step: "cleanup", table: "chunks", code: "DISK_FULL", message: "The disk is full." } as never;
    expect(outcome({ failures: [failure] })).toContain("not all steps succeeded");
    expect(outcome({ failures: [failure] })).toContain("Remove old versions: The disk is full.");
    expect(outcome({ interrupted: true })).toContain("Stopped after 4.2 sec; what was done is kept");
    expect(outcome({ indexRebuilt: false, compaction: { fragmentsRemoved: 0, filesCreated: 0 } })).toContain(
      "nothing needed to be done",
    );
  });
});

describe("pictures", () => {
  it("say in words what they show", () => {
    expect(section("history")).toMatch(/aria-label="Fragments since [^"]*: between 2 and 7, now 7"/);
    expect(section("memory")).toContain("Engine memory during the last run: 200 MB at most, over 0.8 sec");
    expect(textOf(section("coverage"))).toBe(
      "Indexed rows Paths 10,000 of 10,000, 100% Words 9,750 of 10,000, 98% " +
        "Rows that are missing from an index are still found: they are read one by one.",
    );
    expect(textOf(section("disk"))).toBe("Disk In use 11.2 MB of 14.2 MB Old versions take 3 MB, 21%.");
  });

  it("are not drawn of what is not known", () => {
    const unknown = { ...viewOf(), history: [], memory: undefined };
    expect([section("history", unknown), section("memory", unknown)]).toEqual(["", ""]);
  });
});

describe("files that were left out", () => {
  it("are counted by reason, and can be opened", () => {
    const skippedPaths = {
      binary: ["logo.png", "fonts/a.woff", "b.bin"],
      generated: ["src/api.gen.ts", "src/<b>.gen.ts"],
    };
    const markup = section("left-out", { health: healthy({ stats: { ...stats, skippedPaths } }) });
    expect(textOf(markup)).toBe(
      "Files left out Marked as generated 12 The first 2 src/api.gen.ts src/&lt;b&gt;.gen.ts " +
        "Not text 3 Files logo.png fonts/a.woff b.bin " +
        "Could not be indexed: 2 permission denied 2 src/a.ts src/b.ts",
    );
    expect([...markup.matchAll(/data-open="([^"]*)"/g)].map(([, path]) => path)).toEqual([
      "src/api.gen.ts",
      "src/&lt;b&gt;.gen.ts",
      "logo.png",
      "fonts/a.woff",
      "b.bin",
      "src/a.ts",
      "src/b.ts",
    ]);
  });

  it("have no link where no path in text leads to them", () => {
    const odd = { ...stats, skipped: { "unsupported-name": 1 } as const, filesFailed: 0, failures: [] };
    const skippedPaths = { "unsupported-name": ["./%FF.ts"] };
    const markup = section("left-out", { health: healthy({ stats: { ...odd, skippedPaths } }) });
    expect(textOf(markup)).toContain("./%FF.ts");
    expect(markup).not.toContain("data-open");
  });

  it("are not all named where there are many", () => {
    const failures = Array.from({ length: 100 }, (_, n) => ({ path: `${n}.ts`, message: "no" }));
    const failed = { ...stats, filesFailed: 4_321, failures };
    const markup = section("left-out", { health: healthy({ stats: failed }) });
    expect(markup.match(/data-open/g)).toHaveLength(20);
    expect(textOf(markup)).toContain("Could not be indexed: 4,321");
    expect(textOf(markup)).toContain("And 80 more The first 100 are listed here.");
  });

  it("are followed by the chunks that no service could embed", () => {
    const markup = section("left-out", { health: healthy({ stats: { ...stats, oversizedChunks: 1_200 } }) });
    expect(textOf(markup)).toMatch(
      /Chunks that are found by words only: 1,200 They are too long .* resona\.chunkChars/,
    );
  });
});

it("offers a choice of folders where there are several", () => {
  expect(section("header")).not.toContain("<select");
  const folders = [healthy(), { id: "file:///b", name: "b" }];
  expect(section("header", { folders })).toMatch(/<option value="file:\/\/\/home\/ada\/shop" selected>shop</);
});
