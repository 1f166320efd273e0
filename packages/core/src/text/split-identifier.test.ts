import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { splitIdentifier } from "./split-identifier.ts";

describe("splitIdentifier", () => {
  it.each([
    ["parseHTTPResponse", ["parse", "http", "response"]],
    ["HTTPServer", ["http", "server"]],
    ["XMLHttpRequest2", ["xml", "http", "request", "2"]],
    ["snake_case_name", ["snake", "case", "name"]],
    ["__init__", ["init"]],
    ["SCREAMING_CASE", ["screaming", "case"]],
    ["utf8Decode", ["utf", "8", "decode"]],
    ["$scope", ["scope"]],
    ["URLs", ["urls"]],
    ["userIDs", ["user", "ids"]],
    ["word", ["word"]],
    ["404", ["404"]],
    ["größeÄndern", ["größe", "ändern"]],
    ["ПарсерОтвета", ["парсер", "ответа"]],
    ["設定", ["設定"]],
    ["_", []],
  ])("splits %s", (word, parts) => {
    expect(splitIdentifier(word)).toEqual(parts);
  });

  it("gives back the words that a name was put together from, whatever the convention", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{2,8}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(words, (parts) => {
        const capitalised = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1));
        expect(splitIdentifier(parts.join("_"))).toEqual(parts);
        expect(splitIdentifier(parts.join("_").toUpperCase())).toEqual(parts);
        expect(splitIdentifier(capitalised.join(""))).toEqual(parts);
      }),
    );
  });
});
