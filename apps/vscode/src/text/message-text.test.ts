import { expect, it } from "vitest";

import { messageText } from "./message-text.ts";

it("leaves an ordinary message as it is", () => {
  const text = "app/[id] (copy): 3 files [1] are not read.";
  expect(messageText(text)).toBe(text);
});

it("has no links, however they are hidden", () => {
  // As the editor finds them.
  const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/iu;
  for (const name of ["[Open](command:a.b)", "[[x]](https://x.example)", "[x]\u200b(file:///x)", '[x](command:a "t")'])
    expect(messageText(`${name}: Indexing`)).not.toMatch(link);
});

it("shows what cannot be seen", () => {
  expect(messageText("a\u202eb\n")).toBe(String.raw`a\u202eb\n`);
});
