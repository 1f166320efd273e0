/** What a chunk is a piece of: `lines` is the fallback for text without syntax. */
type ChunkKind = "definition" | "code" | "section" | "lines";

/** One piece of a source file, small enough to embed and to show. */
export interface Chunk {
  /** 1-based, inclusive. */
  readonly startLine: number;
  /** 1-based, inclusive. */
  readonly endLine: number;
  readonly kind: ChunkKind;
  /** Names that the chunk defines, as written in the source, in order, without repeats. */
  readonly symbols: readonly string[];
  /** Names of the definitions or headings that enclose the chunk's first line, outermost first. */
  readonly scope: readonly string[];
  readonly text: string;
}

/** All chunks of one file. */
export interface ChunkedFile {
  /** Lower-case name from the language table, or `text` for a file of no known language. */
  readonly language: string;
  readonly chunks: readonly Chunk[];
  /** Set when syntax could not be used and lines were: why, in a word. */
  readonly fallback?: "parse-failed" | "parse-timeout" | "too-large-to-parse";
}
