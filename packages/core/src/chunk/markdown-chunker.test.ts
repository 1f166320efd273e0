import { expect, test } from "vitest";

import { chunkMarkdown } from "./markdown-chunker.ts";
import { sourceLines } from "./source-lines.ts";

/** One chunk a line: `first-last scope > scope: heading, heading`. */
const outline = (text: string, chunkChars: number): string[] =>
  chunkMarkdown(sourceLines(text), chunkChars).map(
    ({ startLine, endLine, scope, symbols }) => `${startLine}-${endLine} ${scope.join(" > ")}: ${symbols.join(", ")}`,
  );

const prose = (words: number): string => `${"prose ".repeat(words).trim()}\n`;

test("a document that fits is one section with all its headings", () => {
  expect(chunkMarkdown(sourceLines("# Title\n\nText.\n\n## Usage\n\nMore.\n"), 500)).toEqual([
    {
      startLine: 1,
      endLine: 7,
      kind: "section",
      symbols: ["Title", "Usage"],
      scope: [],
      text: "# Title\n\nText.\n\n## Usage\n\nMore.",
    },
  ]);
});

test("sections are cut apart, small siblings joined, and the headings around them are their scope", () => {
  const text = [
    "# Guide", // 1
    prose(10),
    "## Install", // 4
    prose(4),
    "## Update", // 7
    prose(4),
    "## Use", // 10
    prose(5),
    "### Alone", // 13
    prose(14),
    "# Reference", // 16
    prose(4),
  ].join("\n");
  expect(outline(text, 100)).toEqual([
    "1-2 : Guide",
    "4-8 Guide: Install, Update",
    "10-11 Guide: Use",
    "13-14 Guide > Use: Alone",
    "16-17 : Reference",
  ]);
});

test("a long section is cut at paragraphs and its later parts are within it", () => {
  expect(outline(`# Long\n\n${prose(12)}\n${prose(12)}\n${prose(12)}`, 100)).toEqual([
    "1-3 : Long",
    "5-5 Long: ",
    "7-7 Long: ",
  ]);
});

test.for([
  ["backticks", "```sh\n# not a heading\n\n## nor this\n```\n"],
  ["tildes", "~~~\n# not a heading\n```\n## nor this\n~~~\n"],
  ["longer fences around shorter ones", "````md\n```\n# not a heading\n```\n## nor this\n````\n"],
  ["a list item", "- item\n\n  ```sh\n  # not a heading\n## nor this\n  ```\n"],
  ["an unclosed fence", "```\n# not a heading\n## nor this\n"],
])("what looks like a heading in code fenced by %s is none", ([, code = ""]) => {
  expect(outline(`# Title\n\n${code}`, 1000)).toEqual([expect.stringMatching(/: Title$/)]);
});

test("fenced code is not cut at its blank lines if it fits", () => {
  const code = "```js\nconst a = 1;\n\nconst b = 2;\n\nconst c = 3;\n```\n";
  expect(outline(`# T\n\n${prose(10)}\n${code}\n${prose(10)}`, 80)).toEqual(["1-3 : T", "5-11 T: ", "13-13 T: "]);
});

test("underlined headings count, rules below lists, quotes and tables do not", () => {
  const text = "Title\n=====\n\nText in\ntwo lines\n---\n\n- item\n---\n\n> quote\n---\n\n| cell |\n---\n\n---\n";
  expect(outline(text, 1000)).toEqual(["1-17 : Title, Text in two lines"]);
});

test("front matter is no heading and stays with what follows if both fit", () => {
  const text = "---\ntitle: Guide\ntags:\n  # comment\n  - a\n---\n# Guide\n";
  expect(outline(text, 1000)).toEqual(["1-7 : Guide"]);
  expect(outline(text + prose(40), 50)[0]).toBe("1-6 : ");
});

test("an unclosed front matter is a rule", () => {
  expect(outline("---\n# Guide\n", 1000)).toEqual(["1-2 : Guide"]);
});

test("headings lose their markup", () => {
  const text =
    "# `open()` and [the **docs**](https://example.org) ##\n\n## <a id=x></a>Next {#next}\n\n#Not one\n\n#\n";
  expect(outline(text, 1000)).toEqual(["1-7 : open() and the docs, Next"]);
});

test("a skipped level and a return to a higher one keep the trail true", () => {
  const text = `# A\n${prose(9)}#### B\n${prose(9)}## C\n${prose(9)}# D\n${prose(9)}`;
  expect(outline(text, 60)).toEqual(["1-2 : A", "3-4 A: B", "5-6 A: C", "7-8 : D"]);
});
