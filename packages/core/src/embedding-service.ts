import { loadStoredHashes } from "./changes/stored-hashes.ts";
import { itemRemedies, type Remedies } from "./diagnostics/remedies.ts";
import type { Embedder } from "./embed/embedder.ts";
import { resonaError } from "./errors.ts";
import { IndexHandle, type StoreKind, type WritableIndex } from "./index-handle.ts";
import { embedItems } from "./indexing/embed-items.ts";
import { embeddingTotals } from "./indexing/embedding-totals.ts";
import type { DatabaseDiagnostics, DiagnosisOptions, Finding, HealResult } from "./model/finding.ts";
import type { EmbedEvent, EmbedSummary, Item, ItemSearchResult, ItemStats } from "./model/item.ts";
import type { MaintenanceOptions, MaintenanceResult } from "./model/maintenance.ts";
import type { Fingerprint } from "./options/fingerprint.ts";
import { type EngineOptions, optionTable } from "./options/options.ts";
import { resolveOptions } from "./options/resolve-options.ts";
import { type ItemSearchOptions, searchItems } from "./search/search-items.ts";
import { describeIndex } from "./stats/describe-index.ts";
import { storageStats } from "./stats/storage-stats.ts";
import { ItemStore } from "./store/item-store.ts";

/** Where the index is, and how items are embedded; what is left out is as the index was made, else the default. */
export interface EmbeddingServiceOptions extends Pick<
  EngineOptions,
  | "chunkChars"
  | "model"
  | "modelPooling"
  | "modelThreads"
  | "embeddingUrl"
  | "embeddingModel"
  | "remoteEmbedding"
  | "batchSize"
  | "rateLimitDelayMs"
> {
  /** Folder of the index. */
  readonly index: string;
}

export interface EmbedOptions {
  /** Removes everything first. */
  readonly rebuild?: boolean;
  /** What to do with an index of another model or of other options: begin anew (the default), or reject with INDEX_OUTDATED. */
  readonly ifOutdated?: "rebuild" | "refuse";
  /** Aborting commits what is embedded and ends the run with `status: "interrupted"`; the next run continues. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EmbedEvent) => void;
}

/** An index of `{ id, text, metadata? }` items of any kind. Not for use after `close`. */
export interface EmbeddingService {
  /** Absolute. */
  readonly indexPath: string;
  /**
   * Embeds and stores items; those that are stored already with the same text and metadata are skipped. Items are
   * pulled one by one and never gathered, so their number has no bound. An item that is none (see {@link Item}) is
   * counted and named, and the others go on. Items that are not given stay as they are.
   *
   * @throws ResonaError INDEX_OUTDATED if asked to, INDEX_LOCKED, LOCK_LOST, INDEX_FOREIGN, INDEX_OF_OTHER_CONTENTS,
   * INDEX_FROM_FUTURE, INDEX_NOT_READABLE, INDEX_NOT_WRITABLE, INDEX_DAMAGED, DISK_FULL, STORE_FAILED, OPTION_INVALID,
   * and the MODEL_ codes; what the stream of items throws. What was committed before stays.
   */
  embedBatch(items: AsyncIterable<Item> | Iterable<Item>, options?: EmbedOptions): Promise<EmbedSummary>;
  /**
   * Ranks the items that answer a query, as the index has them now.
   *
   * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OUTDATED, INDEX_OF_OTHER_CONTENTS, QUERY_EMPTY,
   * QUERY_TOO_LONG, OPTION_INVALID, the MODEL_ codes, and those of a broken index; the signal's reason when aborted.
   */
  search(query: string, options?: ItemSearchOptions): Promise<ItemSearchResult>;
  /**
   * Removes items by their ids; unknown ones are ignored.
   *
   * @returns the number of records removed, which is that of the items or more.
   * @throws ResonaError as `embedBatch` does, NO_INDEX, INDEX_BEING_BUILT.
   */
  delete(ids: Iterable<string>): Promise<number>;
  /** Compacts, brings the indexes up to date and removes old versions, as `Engine.maintain` does. */
  maintain(options?: MaintenanceOptions): Promise<MaintenanceResult>;
  /** @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OF_OTHER_CONTENTS, and those of a broken index. */
  stats(): Promise<ItemStats>;
  /** The health of the index, measured and not changed, as `Engine.getDiagnostics` does. */
  getDiagnostics(options?: DiagnosisOptions): Promise<DatabaseDiagnostics>;
  /** Repairs what can be repaired without embedding anything, as `Engine.heal` does. */
  heal(): Promise<HealResult>;
  /** Ends threads and closes files; waits for nothing. */
  close(): Promise<void>;
}

/** What an index that belongs to another one has of that. */
interface Belonging {
  /** Open models. */
  readonly embedders?: Map<string, Embedder>;
  readonly remedies?: Remedies;
}

/** The composition root behind `openEmbeddingService`. */
export function createEmbeddingService(
  options: EmbeddingServiceOptions,
  { embedders, remedies = itemRemedies }: Belonging = {},
): ItemService {
  const { index, ...given } = options;
  if (typeof index !== "string" || index === "")
    throw resonaError("OPTION_INVALID", { option: "index", detail: "must be the path of a folder" });
  const resolved = resolveOptions(options, index);
  return new ItemService(new IndexHandle({ ...itemStore, remedies }, given, resolved, undefined, embedders));
}

const itemStore: Omit<StoreKind<ItemStore>, "remedies"> = {
  contents: "items",
  open: (folder, dimension) => ItemStore.open(folder, dimension),
  create: (folder, dimension) => ItemStore.create(folder, dimension),
  // An item that a crash left half written has records of two hashes, which the next run notices.
  repair: () => Promise.resolve(0),
};

/** With what the commits of a workspace need beside it. */
export class ItemService implements EmbeddingService {
  readonly #index: IndexHandle<ItemStore>;

  constructor(index: IndexHandle<ItemStore>) {
    this.#index = index;
  }

  get indexPath(): string {
    return this.#index.folder;
  }

  /** @param maintain whether a completed run does what maintenance is due */
  async embedBatch(
    items: AsyncIterable<Item> | Iterable<Item>,
    options: EmbedOptions = {},
    maintain = true,
  ): Promise<EmbedSummary> {
    const { signal = new AbortController().signal, onEvent = () => undefined } = options;
    const startedAt = performance.now();
    return this.#index.write({ ...options, onEvent }, (index) => {
      const hooks = maintain ? index : { ...index, maintainIfNeeded: () => Promise.resolve() };
      return this.#run(items, hooks, { signal, onEvent, startedAt });
    });
  }

  async search(query: string, options: ItemSearchOptions = {}): Promise<ItemSearchResult> {
    const { store, embedder, manifest } = await this.#index.read(options);
    const indexComplete = manifest.lastIndexedAt !== undefined;
    return { ...(await searchItems(query, { reader: store, embedder }, options)), indexComplete };
  }

  delete(ids: Iterable<string>): Promise<number> {
    return this.#index.writeStored((store) => store.delete([...new Set(ids)]));
  }

  /** As `stats` does, from metadata alone. */
  countRecords(): Promise<number> {
    return this.#index.inspect((store) => store.countRecords());
  }

  /** What it was made with. */
  async fingerprint(): Promise<Fingerprint> {
    return (await this.#index.manifest()).fingerprint;
  }

  /** A look of milliseconds; undefined if nothing is lost as far as that tells. */
  findLostData(): Promise<Finding | undefined> {
    return this.#index.findLostData();
  }

  /** Ids of stored items that fulfil a condition, `limit` at most. */
  findIds(isWanted: (id: string) => boolean, limit: number): Promise<readonly string[]> {
    return this.#index.inspect(async (store) => {
      const found = new Set<string>();
      for await (const ids of store.baseIds())
        for (const id of ids) {
          if (isWanted(id)) found.add(id);
          if (found.size === limit) return [...found];
        }
      return [...found];
    });
  }

  maintain(options: MaintenanceOptions = {}): Promise<MaintenanceResult> {
    return this.#index.maintain(options);
  }

  async stats(): Promise<ItemStats> {
    return this.#index.inspect(async (store, manifest) => ({
      ...describeIndex(this.indexPath, manifest),
      ...(await storageStats(store.tables, this.indexPath, manifest)),
      items: (await loadStoredHashes(store.hashes())).size,
    }));
  }

  getDiagnostics(options: DiagnosisOptions = {}): Promise<DatabaseDiagnostics> {
    return this.#index.diagnose(options);
  }

  heal(): Promise<HealResult> {
    return this.#index.heal();
  }

  close(): Promise<void> {
    return this.#index.close();
  }

  async #run(
    items: AsyncIterable<Item> | Iterable<Item>,
    index: WritableIndex<ItemStore>,
    { signal, onEvent, startedAt }: { signal: AbortSignal; onEvent: (event: EmbedEvent) => void; startedAt: number },
  ): Promise<EmbedSummary> {
    const { store, embedder, records } = index;
    const before = embedder.statistics();
    const chunkChars = records.chunkChars ?? optionTable.chunkChars.default;
    const run = { chunkChars, signal, onEvent };
    const { interrupted, ...counts } = await embedItems(items, { embedder, store }, index, run);
    return {
      status: interrupted ? "interrupted" : "completed",
      ...counts,
      collectionCount: await store.countRecords(),
      ...embeddingTotals(embedder, before, onEvent),
      durationMs: performance.now() - startedAt,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }
}
