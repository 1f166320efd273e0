import { languageOf } from "../src/chunk/languages.ts";
import type { Embedder } from "../src/embed/embedder.ts";
import { documentTerms } from "../src/text/identifier-terms.ts";
import { type MemoryFile, MemoryReader } from "./memory-reader.ts";

/** A file as a test writes it: its text, or the chunks that it falls into. */
export interface SampleFile {
  readonly path: string;
  readonly text?: string;
  readonly symbols?: readonly string[];
  readonly chunks?: readonly { readonly text: string; readonly symbols?: readonly string[] }[];
}

/** What a search needs, made of the given files in memory. Chunks follow each other without a gap. */
export async function memoryIndex(
  files: readonly SampleFile[],
  embedder: Embedder,
): Promise<{ reader: MemoryReader; embedder: Embedder }> {
  return { reader: new MemoryReader(await Promise.all(files.map((file) => indexed(file, embedder)))), embedder };
}

async function indexed(file: SampleFile, embedder: Embedder): Promise<MemoryFile> {
  const { path, text = "", symbols = [], chunks = [{ text, symbols }] } = file;
  const documents = chunks.map((chunk) => ({ path, scope: [], symbols: chunk.symbols ?? [], text: chunk.text }));
  const vectors = await embedder.embedDocuments(documents);
  let line = 1;
  return {
    path,
    language: languageOf(path),
    chunks: documents.map((document, n) => {
      const startLine = line;
      line += document.text.split("\n").length;
      const place = { startLine, endLine: line - 1, kind: "code" as const };
      return { ...document, ...place, terms: documentTerms(document), vector: vectors[n] ?? new Float32Array() };
    }),
  };
}
