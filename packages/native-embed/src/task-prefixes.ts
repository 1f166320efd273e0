import { basename } from "node:path";

import type { GgufHeader } from "./gguf/gguf-header.ts";

/** What a model was trained to find before a query and before a text to be found; "" for nothing. */
export interface TaskPrefixes {
  readonly query: string;
  readonly document: string;
}

const none: TaskPrefixes = { query: "", document: "" };
const searchingPassages: TaskPrefixes = {
  query: "Represent this sentence for searching relevant passages: ",
  document: "",
};

/**
 * What the models' cards ask for, by their names in lower case with hyphens between the words; the first row that
 * matches counts. Models that ask for nothing are not listed: bge-m3, jina-embeddings-v2, gte, all-MiniLM and others
 * of Sentence Transformers.
 */
const prefixesOf: readonly (readonly [name: RegExp, prefixes: TaskPrefixes])[] = [
  // huggingface.co/nomic-ai/nomic-embed-text-v1.5, the same in v1 and v2-moe
  [/nomic-embed-text/, { query: "search_query: ", document: "search_document: " }],
  // huggingface.co/nomic-ai/CodeRankEmbed
  [/code-?rank-?embed/, { query: "Represent this query for searching relevant code: ", document: "" }],
  // huggingface.co/intfloat/e5-base-v2 and multilingual-e5-base; the models that end in -instruct want a task instead
  [/\be5-(?:small|base|large)\b(?!.*instruct)/, { query: "query: ", document: "passage: " }],
  // huggingface.co/BAAI/bge-base-en-v1.5 and its English siblings
  [/\bbge-(?:small|base|large)-en\b/, searchingPassages],
  // huggingface.co/BAAI/bge-base-zh-v1.5 and its Chinese siblings
  [/\bbge-(?:small|base|large)-zh\b/, { query: "为这个句子生成表示以用于检索相关文章：", document: "" }],
  // huggingface.co/mixedbread-ai/mxbai-embed-large-v1
  [/\bmxbai-embed-large\b/, searchingPassages],
  // huggingface.co/Snowflake/snowflake-arctic-embed-m-v2.0
  [/\barctic-embed-.*v2\b/, { query: "query: ", document: "" }],
  // huggingface.co/Snowflake/snowflake-arctic-embed-m
  [/\barctic-embed\b/, searchingPassages],
  // huggingface.co/WhereIsAI/UAE-Large-V1
  [/\buae-large\b/, searchingPassages],
];

/**
 * What to put before texts for a model, told by the first of `general.name`, `general.basename` and the file's name
 * that is known: converters write the name of a folder, or nothing, where the model's name belongs. A model that is not
 * known gets nothing.
 */
export function taskPrefixes({ name: file, metadata }: Pick<GgufHeader, "name" | "metadata">): TaskPrefixes {
  for (const candidate of [metadata.get("general.name"), metadata.get("general.basename"), basename(file)]) {
    if (typeof candidate !== "string") continue;
    const name = candidate.toLowerCase().replace(/[\s_]+/g, "-");
    const row = prefixesOf.find(([pattern]) => pattern.test(name));
    if (row) return row[1];
  }
  return none;
}
