import type { Connection } from "@lancedb/lancedb";

/** Bytes of memory for LanceDB's caches. Its defaults are 6 GB and 1 GB; with these, speed was the same. */
const INDEX_CACHE_BYTES = 128n << 20n;
const METADATA_CACHE_BYTES = 32n << 20n;
/** Seconds after which an open table looks for what other processes have committed. */
const READ_CONSISTENCY_SECONDS = 1;

export type Lance = typeof import("@lancedb/lancedb");

let loaded: Promise<Lance> | undefined;

/**
 * Loads LanceDB's native library on first use, with its log and its read-ahead bounded. The library reads these
 * variables from the process's environment when it starts; whatever the user has set stays.
 */
export function loadLance(): Promise<Lance> {
  process.env["LANCEDB_LOG"] ??= "error";
  process.env["LANCE_DEFAULT_IO_BUFFER_SIZE"] ??= String(64 << 20);
  loaded ??= import("@lancedb/lancedb");
  return loaded;
}

/** Connects to the folder of an index; LanceDB creates it if it is missing. `folder` must be absolute. */
export async function connect(folder: string): Promise<Connection> {
  const { connect: open, Session } = await loadLance();
  return open(folder, {
    session: new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES),
    readConsistencyInterval: READ_CONSISTENCY_SECONDS,
    // Compaction then leaves indexes alone; it can only be chosen when a table is created.
    storageOptions: { new_table_enable_stable_row_ids: "true" },
  });
}
