import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { type Engine, type IndexedEvent, openEngine } from "@resona/core";

import { writeSyntheticCorpus } from "../synthetic-corpus.ts";

const FILES = 10_000;
const FILES_CHANGED_AT_ONCE = 5_000;
const SAVES = 40;
/** After this time another run would have begun. */
const SETTLED_MS = 5_000;

/** Milliseconds. */
interface Spread {
  readonly p50: number;
  readonly p95: number;
}

interface SaveFigures {
  readonly workspace: string;
  readonly files: number;
  /** From a save until a search of the same engine finds what was saved. */
  readonly searchable: Spread;
  /** The same for an engine that only reads. */
  readonly searchableElsewhere: Spread;
  /** What the run alone took of that. */
  readonly run: Spread;
  /** Resident memory after a tenth of the saves, and after all. */
  readonly rssBytes: { readonly early: number; readonly late: number };
}

interface StormFigures {
  /** What changed the files. */
  readonly by: string;
  readonly filesChanged: number;
  /** What each run that changed something indexed, one after the other. */
  readonly filesIndexed: readonly number[];
  /** From the first change until the last of these runs was done. */
  readonly ms: number;
}

interface WatchFigures {
  readonly saves: readonly SaveFigures[];
  readonly storms: readonly StormFigures[];
}

/**
 * Measures how soon a saved file is found, and how often a workspace is indexed of which half changes at once: a
 * generated git repository of 10,000 files, and copies of the repositories given. Takes about two minutes.
 */
export async function measureWatch(
  repositories: readonly string[],
  report: (line: string) => void,
): Promise<WatchFigures> {
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-watch-"));
  try {
    const saves: SaveFigures[] = [];
    for (const repository of repositories) {
      const copy = join(folder, basename(repository));
      await cp(repository, copy, { recursive: true, filter: (path) => basename(path) !== ".resona" });
      saves.push(await watching(copy, (watched) => measureSaves(basename(repository), watched, report)));
    }
    const generated = join(folder, "generated");
    await writeSyntheticCorpus(generated, FILES);
    git(generated, "init", "--quiet");
    await commit(generated, "all files");
    const storms: StormFigures[] = [];
    await watching(generated, async (watched) => {
      saves.push(await measureSaves("generated", watched, report));
      storms.push(await measureScriptedStorm(watched, report), await measureBranchSwitch(watched, report));
    });
    return { saves, storms };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A workspace that is being watched. */
interface Watched {
  readonly engine: Engine;
  /** An engine of its own, as in another process. */
  readonly reader: Engine;
  readonly filesInIndex: number;
  /** Runs that changed something, and when they were done. */
  readonly runs: readonly (IndexedEvent & { readonly at: number })[];
}

async function watching<T>(workspace: string, measure: (watched: Watched) => Promise<T>): Promise<T> {
  const [engine, reader] = await Promise.all([openEngine({ workspace }), openEngine({ workspace })]);
  const controller = new AbortController();
  const runs: (IndexedEvent & { readonly at: number })[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const ended = engine.watch({
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === "indexed" && event.changed) runs.push({ ...event, at: performance.now() });
      else if (event.type === "index-failed") throw event.error;
      else if (event.type === "watching") resolve();
    },
  });
  try {
    await Promise.race([ready, ended]);
    return await measure({ engine, reader, filesInIndex: runs[0]?.summary.filesInIndex ?? 0, runs });
  } finally {
    controller.abort();
    await ended;
    await Promise.all([engine.close(), reader.close()]);
  }
}

async function measureSaves(
  workspace: string,
  { engine, reader, filesInIndex, runs }: Watched,
  report: (line: string) => void,
): Promise<SaveFigures> {
  const files = await sourceFiles(engine.workspace, SAVES);
  const searchable: number[] = [];
  const elsewhere: number[] = [];
  const durations: number[] = [];
  const rss: number[] = [];
  for (let n = 0; n < SAVES; n++) {
    const name = unheardOf(n);
    const file = files[n % files.length] ?? "";
    // Editors do not wait for the index.
    await delay(700 + ((n * 137) % 400));
    const before = runs.length;
    const savedAt = performance.now();
    await appendFile(file, definition(file, name));
    while (runs.length === before) await delay(1);
    durations.push(runs.at(-1)?.summary.durationMs ?? 0);
    await untilFound(engine, name);
    searchable.push(performance.now() - savedAt);
    await untilFound(reader, name);
    elsewhere.push(performance.now() - savedAt);
    rss.push(process.memoryUsage.rss());
  }
  const figures = {
    workspace,
    files: filesInIndex,
    searchable: spread(searchable),
    searchableElsewhere: spread(elsewhere),
    run: spread(durations),
    rssBytes: { early: rss[SAVES / 10] ?? 0, late: rss.at(-1) ?? 0 },
  };
  report(JSON.stringify(figures));
  return figures;
}

/** A word of its own for each save, which no file has. */
function unheardOf(n: number): string {
  return `xyqz${String(n).replaceAll(/\d/g, (digit) => `u${"bcdfghjklm"[Number(digit)] ?? ""}`)}`;
}

async function untilFound(engine: Engine, name: string): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await engine.search(name, { limit: 20 })).hits.some(({ snippet }) => snippet.includes(name))) {
    if (performance.now() > giveUpAt) throw new Error(`${name} is not found.`);
    await delay(10);
  }
}

/** As a program changes them that renames something everywhere. */
async function measureScriptedStorm(watched: Watched, report: (line: string) => void): Promise<StormFigures> {
  const files = await sourceFiles(watched.engine.workspace, FILES_CHANGED_AT_ONCE);
  return measureStorm("a script", files.length, watched, report, () => {
    for (const file of files) appendFileSync(file, definition(file, "renamed"));
  });
}

/** Back to the branch on which the files are that the script has changed. */
async function measureBranchSwitch(watched: Watched, report: (line: string) => void): Promise<StormFigures> {
  const { workspace } = watched.engine;
  git(workspace, "switch", "--quiet", "--create", "changed");
  await commit(workspace, "changed");
  const changed = git(workspace, "diff", "--name-only", "HEAD~1").trim().split("\n").length;
  return measureStorm("git switch", changed, watched, report, () => void git(workspace, "switch", "--quiet", "-"));
}

async function measureStorm(
  by: string,
  filesChanged: number,
  { runs }: Watched,
  report: (line: string) => void,
  change: () => void,
): Promise<StormFigures> {
  // What was before has been answered.
  await delay(SETTLED_MS);
  const before = runs.length;
  const filesIndexed = () => runs.slice(before).map(({ summary }) => summary.filesIndexed);
  const startedAt = performance.now();
  change();
  while (filesIndexed().reduce((sum, files) => sum + files, 0) < filesChanged) await delay(100);
  const ms = (runs.at(-1)?.at ?? startedAt) - startedAt;
  await delay(SETTLED_MS);
  const figures = { by, filesChanged, filesIndexed: filesIndexed(), ms };
  report(JSON.stringify(figures));
  return figures;
}

const definitions: Readonly<Record<string, (name: string) => string>> = {
  ".ts": (name) => `\nexport function ${name}(): void {}\n`,
  ".py": (name) => `\ndef ${name}():\n    pass\n`,
  ".go": (name) => `\nfunc ${name}() {}\n`,
  ".java": (name) => `\nclass ${name} {}\n`,
  ".rb": (name) => `\ndef ${name}\nend\n`,
};

function definition(file: string, name: string): string {
  return definitions[extname(file)]?.(name) ?? "";
}

/** Of the kinds that can be given a definition, spread over the workspace. */
async function sourceFiles(workspace: string, count: number): Promise<readonly string[]> {
  const entries = await readdir(workspace, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) =>
      entry.isFile() && extname(entry.name) in definitions && !/\/\.(?:git|resona)\//.test(`${entry.parentPath}/`),
  );
  const step = Math.max(1, Math.floor(files.length / count));
  return files
    .filter((_, n) => n % step === 0)
    .slice(0, count)
    .map((entry) => join(entry.parentPath, entry.name));
}

async function commit(folder: string, message: string): Promise<void> {
  git(folder, "add", "--all");
  git(folder, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "-m", message);
}

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
