import { createHash } from "node:crypto";
import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { openEngine } from "../src/index.ts";
import { MAX_SMALL_FRAGMENTS } from "../src/maintenance/thresholds.ts";
import type { IndexManifest } from "../src/store/index-folder.ts";
import { IndexStore } from "../src/store/index-store.ts";
import { differences, readIndexContent, wholeFiles } from "./kill-index-content.ts";
import type { KillAim } from "./kill-point.ts";
import { runIndexing } from "./kill-run.ts";
import { KILLS, MS_PER_KILL, forSeeds, missedAims, spokenPhases, survive, unexpectedCodes } from "./kill-seeds.ts";
import { changeWorkspace, hashesOf, seededRandom, writeWorkspace } from "./kill-workspace.ts";
import { temporaryFolder } from "./temp-folder.ts";

const aims: readonly KillAim[] = [
  "compaction",
  "tables",
  "time",
  "cleanup",
  "commit",
  "event",
  "index",
  "checkpoint.json",
];

const CHUNK_CHARS = 200;

/** The hash of a file without content, which is skipped. */
const EMPTY = createHash("sha256").digest("hex").slice(0, 32);

/** A workspace whose index has so many fragments that another one makes compaction due. */
async function workspaceDueForCompaction(workspace: string): Promise<string> {
  const random = seededRandom(0);
  await writeWorkspace(workspace, { files: 120, lines: 30, random });
  const engine = await openEngine({ workspace, chunkChars: CHUNK_CHARS });
  await engine.index();
  const fragments = () =>
    withStore(engine.indexPath, async ({ tables }) => (await tables[0]?.state())?.smallFragments ?? 0);
  for (let round = 1; (await fragments()) < MAX_SMALL_FRAGMENTS; round++) {
    if (round % 5 === 0) await changeWorkspace(workspace, random);
    else await writeWorkspace(workspace, { files: 1, lines: 30, random });
    await engine.index();
  }
  await engine.close();
  return workspace;
}

/** Chunks that the full-text index finds by a word that all of them have. */
async function foundByWord(index: string): Promise<number> {
  const found = await withStore(index, (store) => store.searchTerms([{ term: "harbour", weight: 1 }], 1_000_000));
  return new Set(found.map(({ id }) => id)).size;
}

async function withStore<T>(index: string, work: (store: IndexStore) => Promise<T>): Promise<T> {
  const { fingerprint } = JSON.parse(await readFile(join(index, "index.json"), "utf8")) as IndexManifest;
  const store = await IndexStore.open(index, Number(fingerprint["dimension"]));
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

it(
  "an indexing that is killed while the workspace goes on changing ends with an index as if it were made anew",
  { timeout: (1 + KILLS) * MS_PER_KILL },
  async ({ annotate }) => {
    const folder = await temporaryFolder();
    const model = await workspaceDueForCompaction(join(folder, "model"));
    const copy = async (name: string) => {
      const workspace = join(folder, name);
      await cp(model, workspace, { recursive: true, preserveTimestamps: true });
      return workspace;
    };
    const options = { chunkChars: CHUNK_CHARS, thenMaintain: true };
    const rehearsal = await copy("rehearsal");
    await changeWorkspace(rehearsal, seededRandom(0));
    const undisturbed = await runIndexing(rehearsal, options);
    // Of chunks because that was due; then of both tables because it was asked for.
    expect(undisturbed.stepMs.compaction).toHaveLength(3);

    const done = await forSeeds(1, async (seed) => {
      const workspace = await copy(`workspace-${seed}`);
      const index = join(workspace, ".resona");
      const random = seededRandom(-seed);
      const survived = await survive(seed, aims, undisturbed, async (point) => {
        await changeWorkspace(workspace, random);
        const before = wholeFiles(await readIndexContent(index));
        const hashes = await hashesOf(workspace);
        const seen = await runIndexing(workspace, options, point);
        expect(unexpectedCodes(seen, true)).toEqual([]);
        // Nothing that was committed as it is now is embedded again.
        const changed = [...hashes].filter(([path, hash]) => hash !== EMPTY && before.get(path) !== hash).length;
        expect(seen.summary?.filesIndexed ?? changed).toBe(changed);
        return seen;
      });
      expect(survived.last.summary).toMatchObject({ status: "completed", filesFailed: 0 });

      const content = await readIndexContent(index);
      const anew = join(folder, `anew-${seed}`);
      const engine = await openEngine({ workspace, index: anew, chunkChars: CHUNK_CHARS });
      await engine.index();
      await engine.close();
      expect(differences(content, await readIndexContent(anew))).toEqual([]);
      expect(await foundByWord(index)).toBe(content.chunks.length);
      await Promise.all([anew, workspace].map((path) => rm(path, { recursive: true })));
      return survived;
    });
    expect(missedAims(done, aims)).toEqual([]);
    await annotate(`${spokenPhases(done)}.`);
  },
);
