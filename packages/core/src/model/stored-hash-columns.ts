/** One batch of stored records, column by column as Arrow holds them. It belongs to whoever made it: keep nothing of it. */
export interface StoredHashColumns {
  readonly rows: number;
  /** `baseId#n` as UTF-8: the id of row i is bytes[offsets[i] .. offsets[i + 1]). Offsets need not start at 0. */
  readonly ids: { readonly offsets: Int32Array; readonly bytes: Uint8Array };
  /**
   * The hash of a record's whole item, 16 bytes a row. A row is null where its bit in `validity` is 0: bit
   * `validityOffset + i` (0 if absent), least significant bit first. Without `validity` no row is null.
   */
  readonly hashes: {
    readonly bytes: Uint8Array;
    readonly validity?: Uint8Array;
    readonly validityOffset?: number;
  };
}
