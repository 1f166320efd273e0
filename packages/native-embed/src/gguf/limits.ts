/**
 * What a GGUF file may ask of the reader. A file names its own counts and lengths, and a damaged or hostile one
 * names absurd ones: each is compared with the limit here and with the bytes that the file really has before
 * anything is allocated or looped over. Lengths are in bytes.
 */
export const limits = {
  /** The header's sliding window, every read, and so the most that any single read holds in memory. */
  windowBytes: 65_536,

  /** Real files have 15 to 60 entries; each becomes an entry of a Map. */
  metadataEntries: 65_536,

  /** Real embedding models have 1 to 1,000 tensors; each becomes an object. */
  tensors: 65_536,

  /** The specification's own limit. Must fit the window. */
  keyBytes: 65_535,

  /** The specification's own limit. */
  tensorNameBytes: 64,

  /** ggml has no tensors of more dimensions. */
  tensorDimensions: 4,

  /**
   * A longer text value stays in the file and is known by its place: templates and embedded tokenizers run to
   * megabytes, and nothing here reads them.
   */
  inlineTextBytes: 4_096,

  /** Keys, tensor names and inline texts together: what a header may put into the JavaScript heap. */
  headerTextBytes: 8_388_608,

  /** No known file nests arrays at all; the limit bounds the recursion. */
  arrayDepth: 4,

  /** Known files use 32; the padding that it causes is never read. */
  alignment: 1_048_576,

  /** The largest vocabulary of a known embedding model has 262,144 tokens. */
  vocabularyTokens: 1_048_576,

  /** Sixty times the longest token of a word-piece vocabulary. Must fit the window. */
  tokenBytes: 1_024,

  /** All tokens together; the largest known vocabulary needs 2.5 MB. */
  vocabularyBytes: 33_554_432,

  /**
   * Places looked at to find a token in the hash table. Sound vocabularies need fewer than 30; one made of colliding
   * tokens would otherwise make every lookup as slow as a scan of the vocabulary.
   */
  vocabularyProbes: 256,

  /** Numbers in one vector; known models have at most 8,192. Bounds what one embedded batch takes. */
  embeddingLength: 16_384,

  /** The largest table of token vectors that is taken into memory (262,144 tokens of 1,024 numbers: 285 MB). */
  tableBytes: 1_073_741_824,
} as const;
