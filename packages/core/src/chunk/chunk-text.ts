import type { Chunk, ChunkedFile } from "../model/chunk.ts";
import { grammarOf } from "./grammars.ts";
import { languageOf } from "./languages.ts";
import { chunkLines } from "./line-chunker.ts";
import { chunkMarkdown } from "./markdown-chunker.ts";
import { sourceLines } from "./source-lines.ts";
import { chunkSyntax } from "./syntax-chunker.ts";
import type { ParseFailure, SyntaxParser } from "./syntax-parser.ts";

export interface ChunkLimits {
  /** Size in characters that chunks aim at. */
  readonly chunkChars: number;
  readonly parseTimeoutMs: number;
}

/**
 * Longer texts (in characters) are not parsed: they are generated or data as a rule, and a syntax tree takes many times
 * the memory of its text.
 */
export const MAX_PARSE_CHARS = 524_288;

/** Splits one file: by syntax where its language has a grammar, Markdown by headings, all else by lines. Transport-free: what a parser thread runs. */
export async function chunkText(
  path: string,
  source: string,
  limits: ChunkLimits,
  parser: SyntaxParser,
): Promise<ChunkedFile> {
  const { chunkChars, parseTimeoutMs } = limits;
  const lines = sourceLines(source);
  const language = languageOf(path, lines.line(0));
  const byLines = (): Chunk[] => chunkLines(lines, language, chunkChars);
  const grammar = grammarOf(language);
  if ((!grammar && language !== "markdown") || lines.text.trim() === "") return { language, chunks: byLines() };
  if (lines.text.length > MAX_PARSE_CHARS) return { language, chunks: byLines(), fallback: "too-large-to-parse" };
  if (!grammar) return { language, chunks: chunkMarkdown(lines, chunkChars) };

  const parsed = await parser.parse(
    grammar,
    lines.text,
    parseTimeoutMs,
    (syntax) => chunkSyntax(lines, syntax, chunkChars) ?? ("parse-failed" as const),
  );
  return typeof parsed === "string" ? { language, chunks: byLines(), fallback: parsed } : { language, chunks: parsed };
}

/**
 * Splits one file by lines because the thread that was to parse it failed. Takes time in proportion to the text,
 * whatever is in it, so that it can run where nothing watches over it.
 */
export function chunkWithoutParser(
  path: string,
  source: string,
  { chunkChars }: ChunkLimits,
  fallback: ParseFailure,
): ChunkedFile {
  const lines = sourceLines(source);
  const language = languageOf(path, lines.line(0));
  return { language, chunks: chunkLines(lines, language, chunkChars), fallback };
}
