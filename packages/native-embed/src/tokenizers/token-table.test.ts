import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { CONTINUES, emptyHash, ENDS, extendHash, hashOf, TokenTable } from "./token-table.ts";

function tableOf(tokens: readonly Buffer[]): TokenTable {
  const table = new TokenTable(tokens.length, Buffer.concat(tokens).length);
  for (const token of tokens) table.add(token);
  return table;
}

function find(table: TokenTable, bytes: Uint8Array): number {
  return table.find(bytes, 0, bytes.length, hashOf(bytes));
}

describe("a table of tokens", () => {
  it("finds every one of many tokens and nothing else", () => {
    const tokens = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`t${i.toString(36)}`));
    const table = tableOf(tokens);
    expect(table.size).toBe(20_000);
    expect(tokens.map((token) => find(table, token))).toEqual(tokens.map((_, i) => i));
    expect(tokens.filter((token) => find(table, Buffer.concat([token, Buffer.from("_")])) >= 0)).toEqual([]);
    expect(Buffer.from(table.token(35)).toString()).toBe("tz");
  });

  it("finds a token within other bytes", () => {
    const table = tableOf([Buffer.from("bc")]);
    const bytes = Buffer.from("abcd");
    expect(table.find(bytes, 1, 3, hashOf(bytes, 1, 3))).toBe(0);
  });

  it("does not find hidden tokens, which have numbers all the same", () => {
    const table = new TokenTable(3, 3);
    table.addHidden(Buffer.from("a"));
    table.add(Buffer.from("b"));
    table.addHidden(Buffer.from("c"));
    expect(["a", "b", "c"].map((token) => find(table, Buffer.from(token)))).toEqual([-1, 1, -1]);
    expect(Buffer.from(table.token(2)).toString()).toBe("c");
  });

  it("says so when a token is there already", () => {
    const table = new TokenTable(2, 4);
    expect(table.add(Buffer.from("ab"))).toBe("added");
    expect(table.add(Buffer.from("ab"))).toBe("duplicate");
  });

  it("hints at every end and every continuation of a token", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 8, max: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(bytes, { selector: String, maxLength: 50 }), (tokens) => {
        const table = tableOf(tokens.map((token) => Buffer.from(token)));
        for (const token of tokens) {
          let hash = emptyHash;
          for (const [i, byte] of token.entries()) {
            hash = extendHash(hash, byte);
            const wanted = i + 1 < token.length ? CONTINUES : ENDS;
            expect(table.hint(hash) & wanted).toBe(wanted);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("hints at little else", () => {
    const table = tableOf(Array.from({ length: 5_000 }, (_, i) => Buffer.from(`token ${i}`)));
    let hinted = 0;
    for (let i = 0; i < 5_000; i++) hinted += table.hint(hashOf(Buffer.from(`other ${i}`))) === 0 ? 0 : 1;
    expect(hinted).toBeLessThan(1_000);
  });

  it("takes 250,000 tokens in arrays below 10 MB", () => {
    const table = new TokenTable(250_002, 2_800_000);
    expect(table.byteLength).toBeLessThan(13_000_000);
  });
});
