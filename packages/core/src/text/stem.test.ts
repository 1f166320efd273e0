import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { stem } from "./stem.ts";

describe("stem", () => {
  it.each([
    "parse parses parsed parsing parser parsers",
    "route routes routed routing router",
    "generate generates generated generating generation generator",
    "serialize serializer serializing serialization serialise serialisation",
    "authenticate authenticating authentication authenticator",
    "configure configured configuration configurations",
    "transform transforming transformation transformer",
    "template templates templating",
    "filter filters filtered filtering",
    "render renders rendered rendering renderer",
    "embed embeds embedded embedding embedder",
    "map maps mapped mapping mapper",
    "cancel canceled cancelled cancelling cancellation",
    "install installs installed installing installation installer",
    "process processes processed processing processor",
    "cache caches cached caching",
    "index indexes indexed indexing indexer",
    "query queries queried querying",
    "retry retries retried retrying",
    "recursive recursion recursively",
    "execute executing execution executor",
    "alias aliases",
  ])("gives one form to the family %s", (family) => {
    expect(new Set(family.split(" ").map(stem)).size).toBe(1);
  });

  it.each([
    ["glob", "global"],
    ["auth", "author"],
    ["sign", "signal"],
    ["form", "format"],
    ["str", "string"],
    ["spe", "speed"],
    ["call", "cal"],
  ])("keeps %s and %s apart", (one, other) => {
    expect(stem(one)).not.toBe(stem(other));
  });

  it("leaves short words and words that are not lower-case ASCII alone", () => {
    for (const word of ["ids", "js", "größen", "キャッシュ", "v2s", "Parsing", ""]) expect(stem(word)).toBe(word);
  });

  it("keeps at least the first three letters and never makes a word longer", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,20}(?:ing|ed|er|s|ation|ies|ly|e|y)?$/), (word) => {
        const stemmed = stem(word);
        expect(stemmed.length).toBeLessThanOrEqual(word.length);
        expect(word.slice(0, 2)).toBe(stemmed.slice(0, 2));
        expect(stemmed.length).toBeGreaterThanOrEqual(Math.min(3, word.length));
      }),
    );
  });

  it("treats a plural as its singular", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{2,10}[bcdfgklmnprtvw]$/), (word) => {
        expect(stem(`${word}s`)).toBe(stem(word));
      }),
    );
  });
});
