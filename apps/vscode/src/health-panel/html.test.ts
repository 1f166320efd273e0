import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { exactly, html } from "./html.ts";

/** Halves of characters, control characters and all. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });

const names: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

/** What a browser makes of text or of an attribute's value: character references are resolved. */
function read(markup: string): string {
  return markup.replace(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string | undefined) =>
    code === undefined ? (names[name ?? ""] ?? "?") : String.fromCharCode(Number(code)),
  );
}

describe("text put into a template", () => {
  it("can be neither a tag, nor end an attribute, nor be another character", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string()), (text) => {
        const { html: escaped } = html`${text}`;
        expect(escaped).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
        expect(read(exactly(text).html)).toBe(text);
      }),
    );
  });

  it("is seen as it is, and what cannot be seen as an escape", () => {
    expect(html`<b title="${'"x" onclick="y'}">${"<script>"}</b>`.html).toBe(
      '<b title="&quot;x&quot; onclick=&quot;y">&lt;script&gt;</b>',
    );
    expect(html`${"a\u202Eb"}`.html).toBe("a\\u202eb");
  });

  it("is kept exactly where only a script reads it", () => {
    expect(exactly('a\r\n\u202E<"').html).toBe("a&#13;&#10;\u202E&lt;&quot;");
  });
});

it("markup stays markup, lists are put together, and nothing is shown of undefined", () => {
  const items = ["a", "<"].map((item) => html`<i>${item}</i>`);
  expect(html`<b>${items}${undefined}${0}</b>`.html).toBe("<b><i>a</i><i>&lt;</i>0</b>");
});
