import { type HashLoadProgress, type StoredHashes, loadStoredHashes } from "../changes/stored-hashes.ts";
import { chunkPlainText } from "../chunk/text-chunker.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { Chunk } from "../model/chunk.ts";
import { MAX_FAILURES_LISTED } from "../model/index-summary.ts";
import type { EmbedEvent, EmbedProgressEvent, EmbedSummary, ItemFailure } from "../model/item.ts";
import type { ItemStore } from "../store/item-store.ts";
import type { EmbeddedSource, ItemBatch } from "../store/store.ts";
import { concurrentMap } from "../support/concurrent-map.ts";
import { ChunkEmbedder } from "./chunk-embedder.ts";
import { type CommitHooks, CommitQueue } from "./commit-queue.ts";
import { embedApart } from "./embed-apart.ts";
import { GROUPS_IN_FLIGHT, groupByChunks } from "./group-by-chunks.ts";
import { type CheckedItem, checkItem } from "./prepare-item.ts";

/** Of no text. */
const UNKNOWN_HASH = new Uint8Array(16);
/** Characters of an id that is no good in the first place. */
const MAX_ID_SHOWN = 200;
/** Items between two reports. */
const ITEMS_PER_REPORT = 256;

export interface EmbedItemsRun {
  /** Size in characters that chunks aim at. */
  readonly chunkChars: number;
  /** Aborting stops the run after what is embedded has been committed. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: EmbedEvent) => void;
}

/** What a run itself knows of what it has done. */
export type EmbedCounts = Omit<
  EmbedSummary,
  "status" | "collectionCount" | "maxTokens" | "truncatedChunks" | "oversizedChunks" | "durationMs" | "peakRssBytes"
>;

/** What is to be written for one item. */
type ItemChange = { readonly source: string; readonly records: number } & (
  | { readonly kind: "written"; readonly item: EmbeddedSource; readonly isKnown: boolean }
  | { readonly kind: "removed" }
);

/** An item that is to be embedded, or forgotten if it has no chunks. */
interface ChunkedItem extends CheckedItem {
  readonly chunks: readonly Chunk[];
  readonly isKnown: boolean;
  /** As it was given, and its place in the input. */
  readonly origin: ItemOrigin;
}

interface ItemOrigin {
  readonly given: unknown;
  readonly position: number;
}

/**
 * Brings an index of items up to date with a stream of them: compare with the stored hashes → chunk → embed in groups →
 * commit → maintain. Items are pulled only as fast as they are embedded, so memory is the sum of the bounds, whatever
 * their number.
 *
 * @throws what the stream throws, once everything before it is committed
 */
export async function embedItems(
  items: AsyncIterable<unknown> | Iterable<unknown>,
  stages: { readonly embedder: Embedder; readonly store: ItemStore },
  hooks: CommitHooks,
  run: EmbedItemsRun,
): Promise<EmbedCounts & { readonly interrupted: boolean }> {
  const { store } = stages;
  const embedder = new ChunkEmbedder(stages.embedder, store, run.onEvent);
  const { signal } = run;
  const meter = new ItemMeter(run.onEvent);
  const stored = await loadStoredHashes(store.hashes(), (loaded) => {
    meter.loaded(loaded);
  });
  const queue = new CommitQueue<ItemChange>(hooks, async (changes) => {
    const batch = itemBatch(changes);
    await store.commit(batch);
    meter.committed(batch);
  });
  const changed = groupByChunks(changedItems(items, stored, run, meter));
  const groups = concurrentMap(changed, GROUPS_IN_FLIGHT, (group) =>
    embedApart(
      group,
      (some) => embedGroup(some, embedder, signal),
      (item, { message }) => {
        // Given once more, it is not there yet.
        stored.set(item.id, UNKNOWN_HASH);
        meter.failed(message, item.origin);
        return undefined;
      },
      () => embedder.check(signal),
    ),
  );
  try {
    for await (const group of groups) for (const change of group) if (change) await queue.add(change);
  } catch (error) {
    // Embedding stopped within a group; what was embedded before is committed, the next run does the rest.
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    await queue.flush();
  }
  const interrupted = signal.aborted;
  await hooks.afterLastCommit(!interrupted);
  if (!interrupted) {
    meter.report("optimizing");
    await hooks.maintainIfNeeded();
  }
  return { interrupted, batchesProcessed: queue.totals.batches, reusedEmbeddings: embedder.reused, ...meter.counts() };
}

/** The items that are not stored as they are; without chunks, those that are to be forgotten. */
async function* changedItems(
  items: AsyncIterable<unknown> | Iterable<unknown>,
  stored: StoredHashes,
  { chunkChars, signal }: EmbedItemsRun,
  meter: ItemMeter,
): AsyncGenerator<ChunkedItem> {
  for await (const given of items) {
    if (signal.aborted) return;
    const item = checkItem(given);
    const status = typeof item === "string" ? "failed" : stored.compare(item.id, item.hash);
    const origin = { given, position: meter.read(status) };
    if (typeof item === "string") meter.failed(item, origin);
    if (typeof item === "string" || status === "unchanged") continue;
    const isKnown = status !== "new";
    const chunks = chunkPlainText(item.text, chunkChars);
    // The same id may come again before this one is committed.
    if (chunks.length > 0) stored.set(item.id, item.hash);
    else {
      meter.empty();
      stored.delete(item.id);
    }
    if (chunks.length > 0 || isKnown) yield { ...item, chunks, isKnown, origin };
  }
}

async function embedGroup(
  group: readonly ChunkedItem[],
  embedder: ChunkEmbedder,
  signal: AbortSignal,
): Promise<ItemChange[]> {
  signal.throwIfAborted();
  const chunks = group.flatMap((item) => item.chunks.map((chunk) => ({ ...chunk, path: "" })));
  const embedded = await embedder.embed(chunks, signal);
  let at = 0;
  return group.map((item): ItemChange => {
    const size = { source: item.id, records: item.chunks.length };
    if (item.chunks.length === 0) return { ...size, kind: "removed" };
    const { id, hash, metadata, isKnown } = item;
    const embeddedItem: EmbeddedSource = {
      baseId: id,
      textHash: Buffer.from(hash).toString("hex"),
      language: "",
      chunks: embedded.slice(at, (at += item.chunks.length)),
      ...(metadata === undefined ? {} : { metadata }),
    };
    return { ...size, kind: "written", item: embeddedItem, isKnown };
  });
}

/** Of changes to one item the last one counts; LanceDB would insert both. */
function itemBatch(changes: readonly ItemChange[]): ItemBatch {
  const last = new Map<string, ItemChange>();
  for (const change of changes) {
    const before = last.get(change.source);
    const wasKnown = before !== undefined && (before.kind === "removed" || before.isKnown);
    last.set(change.source, change.kind === "written" && wasKnown ? { ...change, isKnown: true } : change);
  }
  const final = [...last.values()];
  return {
    written: final.flatMap((change) =>
      change.kind === "written" ? [{ source: change.item, isKnown: change.isKnown }] : [],
    ),
    removed: final.flatMap((change) => (change.kind === "removed" ? [change.source] : [])),
  };
}

/** Counts what a run does and reports it. */
class ItemMeter {
  readonly #report: (event: EmbedEvent) => void;
  #recordsLoaded = 0;
  #itemsRead = 0;
  #itemsUnchanged = 0;
  #itemsEmbedded = 0;
  #itemsEmpty = 0;
  #itemsFailed = 0;
  readonly #failures: ItemFailure[] = [];
  #totalEmbeddings = 0;

  constructor(report: (event: EmbedEvent) => void) {
    this.#report = report;
  }

  loaded({ records, baseIds, bytes }: HashLoadProgress): void {
    this.#recordsLoaded = records;
    this.report("loading");
    const message = `Hashes of ${records} records loaded: ${baseIds} items, ${bytes} bytes of memory.`;
    this.#report({ type: "debug", message });
  }

  /** @returns the place of the item in the input. */
  read(status: "failed" | "new" | "changed" | "unchanged"): number {
    this.#itemsRead++;
    if (status === "unchanged") this.#itemsUnchanged++;
    if (this.#itemsRead % ITEMS_PER_REPORT === 0) this.report("embedding");
    return this.#itemsRead;
  }

  failed(message: string, { given, position }: ItemOrigin): void {
    this.#itemsFailed++;
    const id = typeof given === "object" && given !== null && "id" in given ? given.id : undefined;
    const named = typeof id === "string" && id !== "" ? { id: id.slice(0, MAX_ID_SHOWN) } : {};
    const failure = { position, ...named, message };
    if (this.#failures.length < MAX_FAILURES_LISTED) this.#failures.push(failure);
    this.#report({ type: "item-failed", failure, item: given });
  }

  empty(): void {
    this.#itemsEmpty++;
  }

  committed({ written }: ItemBatch): void {
    this.#itemsEmbedded += written.length;
    for (const { source } of written) this.#totalEmbeddings += source.chunks.length;
    this.report("embedding");
  }

  report(stage: EmbedProgressEvent["stage"]): void {
    this.#report({
      type: "item-progress",
      stage,
      recordsLoaded: this.#recordsLoaded,
      itemsRead: this.#itemsRead,
      itemsEmbedded: this.#itemsEmbedded,
      recordsWritten: this.#totalEmbeddings,
      rssBytes: process.memoryUsage.rss(),
    });
  }

  counts(): Omit<EmbedCounts, "batchesProcessed" | "reusedEmbeddings"> {
    return {
      itemsRead: this.#itemsRead,
      itemsUnchanged: this.#itemsUnchanged,
      itemsEmbedded: this.#itemsEmbedded,
      itemsEmpty: this.#itemsEmpty,
      itemsFailed: this.#itemsFailed,
      failures: this.#failures,
      totalEmbeddings: this.#totalEmbeddings,
    };
  }
}
