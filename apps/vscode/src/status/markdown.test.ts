import fc from "fast-check";
import { expect, it } from "vitest";

import { commandLink, escapeMarkdown } from "./markdown.ts";

/** What CommonMark and the browser make of escaped text: backslashes before punctuation go, entities are their characters. */
function read(markdown: string): string {
  return markdown.replace(/\\([!-/:-@[-`{-~])|&#36;/g, (_, char: string | undefined) => char ?? "$");
}

it("leaves no punctuation that could mean anything, and the text as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      const escaped = escapeMarkdown(text);
      expect(read(escaped)).toBe(text);
      expect(escaped.replaceAll(/\\[!-/:-@[-`{-~]|&#36;/g, "")).toMatch(/^[\w ]*$/);
    }),
  );
});

it("lets no name be a link, a table, an icon, or another line", () => {
  expect(escapeMarkdown("[x](command:evil)")).toBe("\\[x\\]\\(command\\:evil\\)");
  expect(escapeMarkdown("a | b")).toBe("a \\| b");
  expect(escapeMarkdown("$(trash)")).toBe("&#36;\\(trash\\)");
  expect(escapeMarkdown("a\n# b\u202E")).toBe("a\\\\n\\# b\\\\u202e");
});

it("passes arguments to a command exactly", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (argument) => {
      const link = commandLink("Do", "resona.index", [argument]);
      const query = /^\[Do\]\(command:resona\.index\?([^()\s<>]*)\)$/.exec(link)?.[1];
      expect(JSON.parse(decodeURIComponent(query ?? ""))).toEqual([argument]);
    }),
  );
});
