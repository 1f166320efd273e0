/** What a parser thread runs: one request at a time, with one parser for the thread's life. */
import { getHeapStatistics } from "node:v8";

import { chunkText } from "./chunk-text.ts";
import type { ParseRequest, ParseResponse } from "./parse-pool.ts";
import { createSyntaxParser } from "./syntax-parser.ts";

/**
 * With files of the usual size the heap comes to 38 MB. After a large one it is larger, full of garbage, and stays so for
 * thousands of files: until as much has been allocated again, V8 sees no reason to collect it.
 */
const SPENT_HEAP_BYTES = 48_000_000;

/** The single-file executable has another engine, whose figures of the same names mean the heaps of all threads. */
const isV8 = process.versions["bun"] === undefined;

const parser = createSyntaxParser();

export default async function parse({ path, text, limits }: ParseRequest): Promise<ParseResponse> {
  const file = await chunkText(path, text, limits, parser);
  const hasGrown = isV8 && getHeapStatistics().total_heap_size > SPENT_HEAP_BYTES;
  return { file, isSpent: parser.isSpent || hasGrown };
}
