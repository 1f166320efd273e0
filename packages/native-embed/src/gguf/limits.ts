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

  /** Twenty times the largest tensor of a known model. With it the numbers of all tensors together are counted exactly. */
  tensorElements: 137_438_953_472,

  /**
   * A longer text value stays in the file and is known by its place: templates and embedded tokenizers run to
   * megabytes, and nothing here reads them.
   */
  inlineTextBytes: 4_096,

  /** Keys, tensor names and inline texts together: what a header may put into the JavaScript heap. */
  headerTextBytes: 8_388_608,

  /** No known file nests arrays at all; the limit bounds the recursion. */
  arrayDepth: 4,

  /**
   * Texts of arrays and arrays in arrays, all together: these are stepped over one by one, all other arrays at once.
   * The largest known files have one million (a vocabulary and its merges).
   */
  arraySteps: 4_194_304,

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

  /** Twenty times those of GPT-2 and RoBERTa. */
  merges: 1_048_576,

  /** A text is searched for each of them. Embedding models have at most some hundred. */
  userDefinedTokens: 4_096,

  /** Ten times SentencePiece's own table of replacements. */
  charsmapBytes: 4_194_304,

  /** Replacements are made of a few characters at once; bounds the steps taken at each place of a text. */
  charsmapKeyBytes: 256,

  /** Unicode's longest replacement (of U+FDFA) has 33 bytes; bounds what a text grows to. */
  charsmapReplacementBytes: 128,

  /** Numbers in one vector; known models have at most 8,192. Bounds what one embedded batch takes. */
  embeddingLength: 16_384,

  /** Numbers inside the feed-forward part of a transformer; known models have at most 24,576. Sizes its work space. */
  feedForwardLength: 65_536,

  /** Blocks of a transformer; known embedding models have at most 48. Each becomes an object. */
  blocks: 512,

  /** Tokens of one text; known models have at most 131,072. What is taken at a time is bounded by memory anyway. */
  contextLength: 1_048_576,

  /** The largest table of token vectors that is taken into memory (262,144 tokens of 1,024 numbers: 285 MB). */
  tableBytes: 1_073_741_824,
} as const;
