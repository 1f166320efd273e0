/** What a parser thread runs: one request at a time, with one parser for the thread's life. */
import { chunkText } from "./chunk-text.ts";
import type { ParseRequest, ParseResponse } from "./parse-pool.ts";
import { createSyntaxParser } from "./syntax-parser.ts";

const parser = createSyntaxParser();

export default async function parse({ path, text, limits }: ParseRequest): Promise<ParseResponse> {
  const file = await chunkText(path, text, limits, parser);
  return { file, isSpent: parser.isSpent };
}
