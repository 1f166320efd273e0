import { existsSync } from "node:fs";
import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { ROWS_PER_COMMIT } from "../src/indexing/commit-queue.ts";
import { CHUNKS_PER_GROUP, GROUPS_IN_FLIGHT } from "../src/indexing/group-by-chunks.ts";
import { type EmbeddingServer, startEmbeddingServer } from "./embedding-server.ts";
import { type IndexContent, differences, readIndexContent, wholeFiles } from "./kill-index-content.ts";
import type { KillAim } from "./kill-point.ts";
import { type KillPoint, type SeenRun, runIndexing } from "./kill-run.ts";
import { KILLS, MS_PER_KILL, forSeeds, missedAims, spokenPhases, survive, unexpectedCodes } from "./kill-seeds.ts";
import { seededRandom, writeWorkspace } from "./kill-workspace.ts";
import { temporaryFolder } from "./temp-folder.ts";

const aims: readonly KillAim[] = ["index.json", "tables", "checkpoint.json", "time", "event", "index", "commit"];

/** The texts that a run has asked the service for, without the word that asks for the dimension. */
function textsAsked(server: EmbeddingServer, run: string): string[] {
  const own = server.requests.filter(({ path }) => path.startsWith(`/${run}/`));
  return own.flatMap(({ body }) => body.input).filter((text) => text !== "dimension");
}

/** What a run finds in the folder of an index that tells of runs before. */
interface Left {
  readonly isMade: boolean;
  readonly isWriting: boolean;
  readonly hasCheckpoint: boolean;
}

async function leftIn(place: string): Promise<Left> {
  const manifest = await readFile(join(place, "index.json"), "utf8").catch(() => "");
  const isWriting = manifest.includes('"state": "writing"');
  return { isMade: manifest !== "", isWriting, hasCheckpoint: existsSync(join(place, "checkpoint.json")) };
}

/** How a run begins to speak that finds that. */
function continued({ isWriting, hasCheckpoint }: Left): string {
  if (hasCheckpoint) return "Resuming from checkpoint";
  return isWriting ? "The last run was interrupted" : "";
}

function chunksOf({ chunks }: IndexContent, paths: ReadonlyMap<string, string>): number {
  return chunks.filter(({ baseId }) => paths.has(baseId)).length;
}

it(
  "an indexing that is killed embeds again only what was in flight, and ends with the index of an undisturbed one",
  { timeout: (1 + KILLS) * MS_PER_KILL },
  async ({ annotate }) => {
    const server = await startEmbeddingServer();
    const folder = await temporaryFolder();
    const workspace = join(folder, "workspace");
    await writeWorkspace(workspace, { files: 220, lines: 100, random: seededRandom(0) });
    const index = (run: string, place: string, point?: KillPoint): Promise<SeenRun> => {
      // A run is told by its address. Small chunks make many of them.
      const service = { embeddingUrl: `${server.url}/${run}`, embeddingModel: "m", chunkChars: 200 };
      return runIndexing(workspace, { ...service, index: place }, point);
    };
    const undisturbed = await index("undisturbed", join(folder, "undisturbed"));
    const expected = await readIndexContent(join(folder, "undisturbed"));
    expect(undisturbed.summary).toMatchObject({ status: "completed", collectionCount: expected.chunks.length });

    const asked = textsAsked(server, "undisturbed");
    expect(asked).toHaveLength(expected.chunks.length);
    expect(new Set(asked).size).toBe(asked.length);
    const fileOf = new Map(expected.chunks.map(({ text, baseId }) => [text, baseId]));
    // A first line may name what is around a chunk.
    const sourceOf = (text: string) => fileOf.get(text) ?? fileOf.get(text.slice(text.indexOf("\n") + 1)) ?? "";
    expect(asked.map(sourceOf)).not.toContain("");

    // One commit is being written and one is gathered, each with the file that filled it; groups are being embedded.
    const largestFile = Math.max(...expected.files.map(({ chunkCount }) => chunkCount));
    const largestGroup = Math.max(CHUNKS_PER_GROUP, largestFile);
    const inFlight = 2 * (ROWS_PER_COMMIT - 1 + largestFile) + GROUPS_IN_FLIGHT * largestGroup;
    expect(inFlight).toBeLessThan(expected.chunks.length);

    const done = await forSeeds(0, async (seed) => {
      const place = join(folder, `index-${seed}`);
      let content: IndexContent = { chunks: [], files: [] };
      const everAsked = new Set<string>();
      const lost: number[] = [];
      let askedAgain = 0;
      const survived = await survive(seed, aims, undisturbed, async (point, n) => {
        const left = await leftIn(place);
        const run = `${seed}-${n}`;
        const seen = await index(run, place, point);
        expect(unexpectedCodes(seen, left.isMade)).toEqual([]);
        // Killed early, it says nothing.
        expect(seen.wasKilled ? ["", continued(left)] : [continued(left)]).toContain(seen.continued.split(/[;:]/)[0]);

        const texts = textsAsked(server, run);
        expect(new Set(texts).size).toBe(texts.length);
        const before = wholeFiles(content);
        const chunksBefore = chunksOf(content, before);
        expect(texts.filter((text) => before.has(sourceOf(text)))).toEqual([]);
        askedAgain += texts.filter((text) => everAsked.has(text)).length;
        for (const text of texts) everAsked.add(text);

        content = await readIndexContent(place);
        const whole = wholeFiles(content);
        expect([...before.keys()].filter((path) => !whole.has(path))).toEqual([]);
        const stored = chunksOf(content, whole) - chunksBefore;
        expect(stored).toBeGreaterThanOrEqual(seen.committedChunks);
        lost.push(Math.max(0, texts.length - stored));
        expect(lost.at(-1)).toBeLessThanOrEqual(inFlight);
        return seen;
      });
      expect(survived.last.summary).toMatchObject({ status: "completed", filesFailed: 0 });
      expect(differences(content, expected)).toEqual([]);
      expect(askedAgain).toBeLessThanOrEqual(lost.reduce((sum, count) => sum + count, 0));
      expect((await readdir(place)).filter((name) => /\.new$|^checkpoint/.test(name))).toEqual([]);
      await rm(place, { recursive: true });
      return { ...survived, askedAgain, lost: Math.max(...lost) };
    });
    expect(missedAims(done, aims)).toEqual([]);
    const most = (counts: readonly number[]) => Math.max(0, ...counts);
    await annotate(
      `${spokenPhases(done)}. Of ${expected.chunks.length} embeddings one kill cost ${most(done.map(({ lost }) => lost))} ` +
        `at most, bound ${inFlight}; all kills of an indexing ${most(done.map((one) => one.askedAgain))}.`,
    );
  },
);
