import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type FolderCondition, conditions, folderCondition } from "../health/folder-condition.ts";
import { diagnosed, finding, healthy, now } from "../health/folder-health.test-helper.ts";
import type { FolderHealth } from "../health/folder-health.ts";
import { english } from "../text/english.test-helper.ts";
import { statusCommands } from "./status-commands.ts";
import { type StatusText, statusText } from "./status-text.ts";

const outOfDisk = { code: "DISK_FULL", message: "The disk is full.", nextStep: "Free some space." } as const;
const crashed = { code: "ENGINE_KEEPS_CRASHING", message: "It crashed.", nextStep: "Check the log." } as const;
const bare = { stats: undefined, diagnostics: undefined, memoryBytes: undefined } as unknown as Partial<FolderHealth>;

/** A folder in each condition. */
const examples: Readonly<Record<FolderCondition, FolderHealth>> = {
  down: healthy({ phase: { kind: "down", error: crashed } }),
  failed: healthy({ phase: { kind: "failed", error: outOfDisk } }),
  broken: healthy({ diagnostics: diagnosed(finding("MANIFEST_TORN", "error", "heal")) }),
  restarting: healthy({ phase: { kind: "restarting", reason: "It ran out of memory." } }),
  indexing: healthy({ phase: { kind: "indexing", progress: { done: 430, total: 1_000, secondsLeft: 90 } } }),
  maintaining: healthy({ phase: { kind: "maintaining", step: "compaction" } }),
  starting: healthy({ phase: { kind: "starting" }, ...bare }),
  paused: healthy({ isPaused: true }),
  "written-elsewhere": healthy({ diagnostics: diagnosed(finding("LOCK_HELD", "info", "none")) }),
  stale: healthy({ diagnostics: diagnosed(finding("RUN_INTERRUPTED", "warning", "index")) }),
  "needs-maintenance": healthy({ diagnostics: diagnosed(finding("FRAGMENTED", "warning", "maintain")) }),
  unmeasured: healthy({ phase: { kind: "unmeasured" }, ...bare }),
  ready: healthy(),
  "no-index": healthy({ phase: { kind: "no-index" }, ...bare }),
};

function shown(...folders: readonly FolderHealth[]): StatusText {
  const text = statusText(folders, now, english);
  if (text === undefined) throw new Error("Nothing is shown.");
  return text;
}

function commandsIn(tooltip: string): (string | undefined)[] {
  return [...tooltip.matchAll(/\]\(command:([\w.]+)\?/g)].map(([, command]) => command);
}

describe("the status of one folder", () => {
  it.each<[FolderCondition, string, StatusText["severity"]]>([
    ["no-index", "$(circle-slash) Resona: no index", "none"],
    ["indexing", "$(sync~spin) Resona: indexing 43%", "none"],
    ["unmeasured", "$(circle-outline) Resona: not checked", "none"],
    ["ready", "$(database) Resona", "none"],
    ["stale", "$(history) Resona: stale", "none"],
    ["needs-maintenance", "$(tools) Resona: needs maintenance", "none"],
    ["maintaining", "$(tools) Resona: maintenance", "none"],
    ["paused", "$(debug-pause) Resona: paused", "none"],
    ["written-elsewhere", "$(lock) Resona: in use", "none"],
    ["starting", "$(loading~spin) Resona: starting", "none"],
    ["restarting", "$(sync~spin) Resona: restarting", "warning"],
    ["broken", "$(error) Resona: error", "error"],
    ["failed", "$(error) Resona: error", "error"],
    ["down", "$(error) Resona: error", "error"],
  ])("%s is shown as %s", (condition, text, severity) => {
    expect(folderCondition(examples[condition])).toBe(condition);
    expect(shown(examples[condition])).toMatchObject({ text, severity });
  });

  it("is nothing without a folder", () => {
    expect(statusText([], now, english)).toBeUndefined();
  });

  it("says how it is to those who hear it, without icons", () => {
    expect(shown(examples.indexing).label).toBe("Resona index: Indexing: 43% of 1,000 files, about 1 min 30 sec left");
    expect(shown(examples.restarting).label).toBe("Resona index: Starting again. It ran out of memory.");
    for (const condition of conditions) expect(shown(examples[condition]).label).not.toMatch(/\$\(|undefined/);
  });

  it("indexes on a click where there is no index, and shows the health otherwise", () => {
    expect(shown(examples["no-index"])).toMatchObject({ command: "index", folder: "file:///home/ada/shop" });
    expect(shown(examples.ready)).toMatchObject({ command: "showHealth", folder: "file:///home/ada/shop" });
  });

  it("knows no share before the files are counted", () => {
    expect(shown(healthy({ phase: { kind: "indexing" } })).text).toBe("$(sync~spin) Resona: indexing");
    expect(shown(healthy({ phase: { kind: "indexing", progress: { done: 7 } } })).text).toMatch(/indexing$/);
    const reading = shown(healthy({ phase: { kind: "indexing", progress: { unit: "commits", done: 5_120 } } }));
    expect(reading.label).toContain("Reading the history: 5,120 commits");
  });
});

describe("the tooltip", () => {
  it("has the figures of the index", () => {
    const { tooltip } = shown(healthy());
    const rows = tooltip.split("\n").filter((line) => line.startsWith("| "));
    expect(rows.map((row) => row.replaceAll("\\", ""))).toEqual([
      "| | |",
      "| Files | 1,234 |",
      "| Chunks | 10,000 |",
      "| Last indexed | 5 minutes ago |",
      "| Fragments | 7 |",
      "| Versions | 42 |",
      "| Rows not indexed | 3% |",
      "| Size on disk | 14.2 MB |",
      "| Reclaimable | 3 MB |",
      "| Engine memory | 212 MB |",
      "| Model | small-code-model |",
    ]);
  });

  it("names what was found, and not twice", () => {
    const found = [finding("MANIFEST_TORN", "error", "heal"), finding("FRAGMENTED", "warning", "maintain")];
    const { tooltip } = shown(healthy({ diagnostics: diagnosed(...found, finding("LOCK_STALE", "info", "none")) }));
    expect(tooltip.match(/MANIFEST/g)).toHaveLength(1);
    expect(tooltip).toContain("$(warning) This is FRAGMENTED");
    expect(tooltip).not.toContain("LOCK");
  });

  it.each<[FolderCondition, readonly string[]]>([
    ["no-index", ["index"]],
    ["ready", ["search", "showHealth"]],
    ["needs-maintenance", ["maintain", "search", "showHealth"]],
    ["stale", ["index", "search", "showHealth"]],
    ["paused", ["resumeIndexing", "search", "showHealth"]],
    ["broken", ["heal", "showHealth", "showLog"]],
    ["unmeasured", ["search", "showHealth"]],
    ["failed", ["index", "showHealth", "showLog"]],
    ["down", ["restartEngine", "showHealth", "showLog"]],
  ])("of a folder that is %s offers %j", (condition, commands) => {
    expect(commandsIn(shown(examples[condition]).tooltip)).toEqual(commands.map((command) => `resona.${command}`));
  });

  it("tells of failures in the editor's terms, with what helps and may be run from there", () => {
    const error = { code: "MODEL_NOT_FOUND", message: "No model.", nextStep: "Say --model." } as const;
    const { tooltip } = shown(healthy({ phase: { kind: "failed", error } }));
    expect(tooltip).not.toContain("Say");
    expect(commandsIn(tooltip)).toEqual(["resona.index", "resona.showHealth", "resona.showLog"]);
  });

  it("tells each command which folder it is for, unless it is for all", () => {
    const links = shown(examples["down"]).tooltip.matchAll(/command:resona\.(\w+)\?([^)]*)\)/g);
    const search = shown(examples["ready"]).tooltip.matchAll(/command:resona\.(search)\?([^)]*)\)/g);
    const args = [...links, ...search].map(([, command, json]) => [
      command,
      JSON.parse(decodeURIComponent(json ?? "")),
    ]);
    const folder = [examples["down"].id];
    expect(args).toEqual([
      ["restartEngine", folder],
      ["showHealth", folder],
      ["showLog", []],
      ["search", []],
    ]);
  });

  it("has no links but to the commands that it may run, and no icons but its own, whatever things are called", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom("[x](command:evil)", "$(trash)", "a|b\n\n# c", "</td><script>", "![](http://x)", "**", "`"),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, sentence, modelName) => {
        const remedy = { kind: "none", sentence: "" } as const;
        const [code, severity] = ["DATA_CORRUPT", "error"] as const;
        const innocent = healthy({ diagnostics: diagnosed({ code, severity, sentence: "x", remedy }), name: "y" });
        const { stats, ...rest } = innocent;
        const named = {
          ...rest,
          name,
          diagnostics: diagnosed({ code, severity, sentence, remedy }),
          ...(stats === undefined ? {} : { stats: { ...stats, modelName } }),
        };
        const [usual, odd] = [shown(innocent).tooltip, shown(named).tooltip];
        const bones = (markdown: string) =>
          markdown.replaceAll(/\\[!-/:-@[-`{-~]|&#36;/g, "").replaceAll(/[^[\]()|<>$*#`!\n:-]/g, "");
        expect(bones(odd)).toBe(bones(usual));
      }),
    );
  });
});

describe("the status of several folders", () => {
  const named = (condition: FolderCondition, name: string) => ({ ...examples[condition], id: `file:///${name}`, name });

  it("is that of the one of which there is most to say, and the tooltip has a section for each", () => {
    const text = shown(named("ready", "one"), named("broken", "two"), named("indexing", "three"));
    expect(text).toMatchObject({ text: "$(error) Resona: error", severity: "error", folder: "file:///two" });
    expect(text.tooltip.split("\n\n---\n\n").map((section) => section.split("\n")[0])).toEqual([
      "**one**",
      "**two**",
      "**three**",
    ]);
    expect(text.label).toBe("Resona index of 3 folders: This is MANIFEST_TORN.");
  });

  it("adds up what is being indexed", () => {
    const other = {
      ...named("indexing", "two"),
      phase: { kind: "indexing", progress: { done: 10, total: 10 } },
    } as const;
    const unknown = { ...named("indexing", "three"), phase: { kind: "indexing" } } as const;
    expect(shown(named("indexing", "one"), other, unknown).text).toBe("$(sync~spin) Resona: indexing 44%");
  });

  it("is ready if only some folders have an index, and asks which one if none has", () => {
    expect(shown(named("no-index", "one"), named("ready", "two")).text).toBe("$(database) Resona");
    expect(shown(named("no-index", "one"), named("no-index", "two"))).toMatchObject({
      command: "index",
      folder: undefined,
    });
  });

  it("has a tooltip that runs only commands that are allowed to it", () => {
    const all = conditions.map((condition) => examples[condition]);
    const allowed = new Set<string>(Object.values(statusCommands));
    for (const command of commandsIn(shown(...all).tooltip)) expect(allowed.has(command ?? "")).toBe(true);
  });
});
