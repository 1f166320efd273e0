import { describe, expect, it } from "vitest";

import { taskPrefixes } from "./task-prefixes.ts";

function prefixes(metadata: Readonly<Record<string, string>>, name = "/models/model.gguf"): [string, string] {
  const { query, document } = taskPrefixes({ name, metadata: new Map(Object.entries(metadata)) });
  return [query, document];
}

const nothing = ["", ""];
const passages = ["Represent this sentence for searching relevant passages: ", ""];
const nomic = ["search_query: ", "search_document: "];

describe("the prefixes of a model", () => {
  it.each([
    ["nomic-embed-text-v1.5", nomic],
    ["Nomic Embed Text v1", nomic],
    ["nomic-embed-text-v2-moe", nomic],
    ["CodeRankEmbed", ["Represent this query for searching relevant code: ", ""]],
    ["Code Rank Embed", ["Represent this query for searching relevant code: ", ""]],
    ["e5-small-v2", ["query: ", "passage: "]],
    ["multilingual-e5-large", ["query: ", "passage: "]],
    ["Multilingual E5 Base", ["query: ", "passage: "]],
    ["bge-small-en-v1.5", passages],
    ["Bge Large En", passages],
    ["bge-base-zh-v1.5", ["为这个句子生成表示以用于检索相关文章：", ""]],
    ["mxbai-embed-large-v1", passages],
    ["snowflake-arctic-embed-m-long", passages],
    ["Snowflake Arctic Embed M v1.5", passages],
    ["snowflake-arctic-embed-l-v2.0", ["query: ", ""]],
    ["UAE-Large-V1", passages],
  ])("are those of its card: %s", (name, expected) => {
    expect(prefixes({ "general.name": name })).toEqual(expected);
  });

  it.each([
    "bge-m3",
    "jina-embeddings-v2-base-code",
    "all-MiniLM-L6-v2",
    "gte-base-en-v1.5",
    "multilingual-e5-large-instruct",
    "resona-code-static-v0",
    "model-e50",
    "bge-small-english-dictionary",
    "",
  ])("are none for %j", (name) => {
    expect(prefixes({ "general.name": name })).toEqual(nothing);
  });

  it("are told by the base name or the file's name when the name says nothing", () => {
    expect(prefixes({ "general.name": "out", "general.basename": "nomic-embed-text" })).toEqual(nomic);
    expect(prefixes({ "general.name": "d4c86ea" }, "/models/nomic-embed-text-v1.5.Q8_0.gguf")).toEqual(nomic);
    expect(prefixes({}, "/models/bge_small_en_v1.5.gguf")).toEqual(passages);
  });

  it("are told by the name rather than the file's, and by the file's rather than its folder's", () => {
    expect(prefixes({ "general.name": "bge-small-en" }, "/models/nomic-embed-text.gguf")).toEqual(passages);
    expect(prefixes({}, "/nomic-embed-text/model.gguf")).toEqual(nothing);
  });
});
