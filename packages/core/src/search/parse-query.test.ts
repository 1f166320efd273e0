import { describe, expect, it } from "vitest";

import { ResonaError } from "../errors.ts";
import { MAX_QUERY_CHARS } from "./check-query.ts";
import { MAX_LEXICAL_TERMS, parseQuery } from "./parse-query.ts";

const termsOf = (query: string) => parseQuery(query).terms.map(({ term }) => term);
const codeOf = (query: string) => {
  try {
    parseQuery(query);
    return "no error";
  } catch (error) {
    return error instanceof ResonaError ? error.code : error;
  }
};

describe("a query in words", () => {
  it("keeps the words that carry meaning, stemmed", () => {
    expect([...parseQuery("How are the routes added to a router?").words.keys()]).toEqual(["rout", "add"]);
  });

  it("lets words that only say that something is code count less", () => {
    const { words } = parseQuery("implementation of retries");
    expect(words.get("retri")).toBe(1);
    expect(words.get("impl")).toBeLessThan(1);
  });

  it("gives a word said both weakly and strongly its full weight", () => {
    expect(parseQuery("handle handlers").words).toEqual(new Map([["handl", 1]]));
  });

  it.each([
    ["where does createStore check its arguments", ["createStore"]],
    ["how the Router trait and path_router work together", ["Router", "path_router"]],
    ["what calls compose() first", ["compose"]],
    ["what is `compose` for", ["compose"]],
    ["plain words only", []],
  ])("finds the names in: %s", (query, names) => {
    expect(parseQuery(query)).toMatchObject({ kind: "words", names });
  });

  it("looks for its names as a whole and where they are defined", () => {
    expect(termsOf("where is createStore called")).toEqual(
      expect.arrayContaining(["creat", "stor", "=createstore", "def:createstore", "call"]),
    );
  });

  it("of nothing but empty words falls back to these words", () => {
    expect([...parseQuery("what is this").words.keys()]).toEqual(["what", "is", "this"]);
  });

  it("in another language keeps its words as they are", () => {
    expect([...parseQuery("Größe der 設定").words.keys()]).toEqual(["größe", "der", "設定"]);
  });
});

describe("a query in code", () => {
  it.each([
    ["Router", "Router"],
    ["axum::Router", "Router"],
    ["response.json", "json"],
    ["app->handle()", "handle"],
    ["App\\Http\\Kernel", "Kernel"],
    ["_private", "_private"],
    ["valid?", "valid"],
    ["nvm_install", "nvm_install"],
    ["compose", "compose"],
    ["for", "for"],
  ])("%s asks for %s", (query, name) => {
    const { kind, names, terms } = parseQuery(query);
    expect(kind).toBe("name");
    expect(names).toEqual([name]);
    expect(terms.map(({ term }) => term)).toContain(`def:${name.toLowerCase()}`);
  });

  it("keeps words that would be empty in a sentence", () => {
    expect([...parseQuery("Iterator.from").words.keys()]).toEqual(["iterat", "from"]);
  });
});

describe("an unusual query", () => {
  it("of nothing but white space is refused", () => {
    expect(codeOf("")).toBe("QUERY_EMPTY");
    expect(codeOf(" \n\t ")).toBe("QUERY_EMPTY");
  });

  it("of the greatest length is accepted, and refused beyond", () => {
    expect(codeOf("a".repeat(MAX_QUERY_CHARS))).toBe("no error");
    expect(codeOf("a".repeat(MAX_QUERY_CHARS + 1))).toBe("QUERY_TOO_LONG");
  });

  it("of punctuation only has no words", () => {
    expect(parseQuery("?! (…)")).toMatchObject({ words: new Map(), names: [], terms: [] });
  });

  it("of a whole page is cut to its weightiest terms", () => {
    const page = `handle ${Array.from({ length: 200 }, (_, n) => `word${"abcdefghij"[n % 10]}${"klmnopqrst"[Math.floor(n / 10) % 10]}x`).join(" ")}`;
    const { terms } = parseQuery(page);
    expect(terms).toHaveLength(MAX_LEXICAL_TERMS);
    expect(terms.every(({ weight }) => weight === 1)).toBe(true);
  });
});
