import type { Connection } from "@lancedb/lancedb";

/** Bytes of memory for LanceDB's caches. Its defaults are 6 GB and 1 GB; with these, speed was the same. */
const INDEX_CACHE_BYTES = 128n << 20n;
/**
 * A long run fills it to the last byte with manifests of versions that nobody reads any more. With 32 MB, queries of an
 * index of 4,000 files took as long.
 */
const METADATA_CACHE_BYTES = 4n << 20n;
/** Seconds after which an open table looks for what other processes have committed. */
const READ_CONSISTENCY_SECONDS = 1;

export type Lance = typeof import("@lancedb/lancedb");

/**
 * LanceDB reads these from the environment when its library starts. With its own defaults, compaction and the making of
 * the full-text index of 244,000 chunks took 480 MB more than the streamed run before them; with these 130 MB.
 */
const nativeSettings = {
  LANCEDB_LOG: "error",
  /** Bytes that a scan reads ahead; the default is 2 GB. */
  LANCE_DEFAULT_IO_BUFFER_SIZE: String(16 << 20),
  /** Rows that a scan decodes at once; the default is 8,192. */
  LANCE_DEFAULT_BATCH_SIZE: "1024",
  /** Posting lists that are built in memory before they are written: megabytes for each of the shards. */
  LANCE_FTS_PARTITION_SIZE: "16",
  LANCE_FTS_NUM_SHARDS: "1",
};

let loaded: Promise<Lance> | undefined;

/** Loads LanceDB's native library on first use, with its memory bounded. Whatever the user has set stays. */
export function loadLance(): Promise<Lance> {
  for (const [name, value] of Object.entries(nativeSettings)) process.env[name] ??= value;
  loaded ??= import("@lancedb/lancedb");
  return loaded;
}

/** Connects to the folder of an index; LanceDB creates it if it is missing. `folder` must be absolute. */
export async function connect(folder: string): Promise<Connection> {
  const { connect: open, Session } = await loadLance();
  return open(folder, {
    session: new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES),
    readConsistencyInterval: READ_CONSISTENCY_SECONDS,
    // Not with stable row ids: rows that were deleted and compacted away would go on taking places among the candidates
    // of the full-text and the vector index, and searches lose results (`maintenance/vector-index.test.ts`).
  });
}
