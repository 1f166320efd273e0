import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  MAX_TERM_BYTES,
  definedName,
  definitionTerm,
  documentTerms,
  wholeTerm,
  wordParts,
} from "./identifier-terms.ts";
import { splitIdentifier } from "./split-identifier.ts";
import { stem } from "./stem.ts";

const bare = { path: "", text: "", symbols: [], scope: [] };

describe("documentTerms", () => {
  it("repeats each part as often as it occurs and adds compound names as a whole", () => {
    expect(documentTerms({ ...bare, text: "router.addRoute(route, 404)" })).toBe("rout =addroute add rout rout 404");
  });

  it("adds a definition and the parts of its name once more", () => {
    expect(documentTerms({ ...bare, text: "x", symbols: ["Store::openTable"] })).toBe("x def:opentable stor open tabl");
  });

  it("takes a heading's words and no definition from it", () => {
    expect(documentTerms({ ...bare, text: "x", symbols: ["Opening a table"] })).toBe("x open a tabl");
  });

  it("adds the words of the scope, and of the path with the file name twice", () => {
    expect(documentTerms({ ...bare, path: "src/http/router.ts", scope: ["class Server"] })).toBe(
      "clas serv rout rout src http",
    );
  });

  it("keeps words of other scripts whole, in lower case", () => {
    expect(documentTerms({ ...bare, text: "// Größe der Datei; 設定ファイル" })).toBe("größe der datei 設定ファイル");
  });

  it("leaves out words too long to be language", () => {
    expect(documentTerms({ ...bare, text: `a ${"Zm9v".repeat(100)} b` })).toBe("a b");
  });

  it("agrees with looking every word up anew", () => {
    const word = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_$]{1,30}$/),
      fc.constantFrom("parseHTTPResponse", "snake_case", "größeÄndern", "設定", "💡", "-", "\n", "ß", "é"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const text = words.join(" ");
        expect(
          documentTerms({ ...bare, text })
            .split(" ")
            .filter(Boolean),
        ).toEqual(naiveTerms(text));
      }),
    );
  });

  it("never makes a term that the full-text index would drop, nor one with white space inside", () => {
    const letters = fc.array(fc.constantFrom("a", "B", "ß", "漢", "𝒳", "_", "9", "İ"), { maxLength: 120 });
    fc.assert(
      fc.property(letters, (word) => {
        const name = word.join("");
        for (const term of documentTerms({ ...bare, path: name, text: name, symbols: [name], scope: [name] }).split(
          " ",
        )) {
          expect(Buffer.byteLength(term)).toBeLessThanOrEqual(MAX_TERM_BYTES);
          expect(term).not.toMatch(/\s/);
          expect(term.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});

describe("the terms of a query", () => {
  it("meet those of a document even where names are longer than a term may be", () => {
    const name = "aVeryLongIdentifierThatNobodyShouldWriteButSomebodyDoes";
    const terms = documentTerms({ ...bare, text: name, symbols: [name] }).split(" ");
    expect(terms).toContain(wholeTerm(name));
    expect(terms).toContain(definitionTerm(name));
    expect(terms).toEqual(expect.arrayContaining(wordParts(name)));
  });

  it("have no whole name for a word of one part", () => {
    expect(wholeTerm("router")).toBeUndefined();
    expect(wholeTerm("addRoute")).toBe("=addroute");
  });

  it("find a definition by the last part of its name", () => {
    expect(["Phoenix.Router", "axum::Router", "App\\Router", "~Router", "router?"].map(definitionTerm)).toEqual(
      Array.from({ length: 5 }, () => "def:router"),
    );
    expect(["operator ==", "<$>", "_"].map(definedName)).toEqual(["operator", "<$>", "_"]);
  });
});

/** Character by character, without patterns over whole texts and without a cache. */
function naiveTerms(text: string): string[] {
  const terms: string[] = [];
  let word = "";
  for (const character of `${text} `) {
    if (/[\p{L}\p{M}\p{N}_$]/u.test(character)) {
      word += character;
      continue;
    }
    const parts = word.length > 200 ? [] : splitIdentifier(word);
    if (parts.length > 1) terms.push(cut(`=${word.toLowerCase()}`));
    terms.push(...parts.map((part) => cut(stem(part))));
    word = "";
  }
  return terms;
}

function cut(term: string): string {
  let kept = "";
  for (const character of term) {
    if (Buffer.byteLength(kept + character) > MAX_TERM_BYTES) return kept;
    kept += character;
  }
  return kept;
}
