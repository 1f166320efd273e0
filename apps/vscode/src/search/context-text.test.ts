import fc from "fast-check";
import { expect, it } from "vitest";

import { contextText } from "./context-text.ts";
import { foundHits, hitOf } from "./search-hits.test-helper.ts";

it("has the place of each hit and its code in a fence", () => {
  const hits = foundHits(
    hitOf("src/a.ts", { startLine: 3, endLine: 4, snippet: "let a;\nlet b;" }),
    hitOf("NOTES", { language: "text", snippet: "some words" }),
  );
  expect(contextText(hits, false)).toBe(
    "src/a.ts:3-4\n\n```typescript\nlet a;\nlet b;\n```\n\nNOTES:1-1\n\n```\nsome words\n```\n",
  );
});

it("says which folder paths begin in, where there are several", () => {
  expect(contextText(foundHits(hitOf("a.ts")), true)).toMatch(/^shop\/a\.ts:1-1\n/);
});

it("has fences that nothing in the code can end", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[`a\n]{0,20}$/), (snippet) => {
      const [, , fence = "", ...lines] = contextText(foundHits(hitOf("a", { language: "text", snippet })), false).split(
        "\n",
      );
      expect(fence).toMatch(/^`{3,}$/);
      const end = lines.indexOf(fence);
      expect(lines.slice(0, end).join("\n")).toBe(snippet);
      expect(lines.slice(end + 1)).toEqual([""]);
      expect(lines.slice(0, end).filter((line) => line.startsWith(fence))).toEqual([]);
    }),
  );
});
