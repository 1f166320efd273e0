import { mkdirSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { git, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { discoverFiles } from "./discover-files.ts";
import { IgnoreRules, rebasePatterns } from "./ignore-rules.ts";

test.each([
  ["*.o", "/src/**/*.o"],
  ["/keep", "/src/keep"],
  ["a/b", "/src/a/b"],
  ["build/", "/src/**/build/"],
  ["build/ ", "/src/**/build/"],
  ["!x", "!/src/**/x"],
  [String.raw`\!x`, String.raw`/src/**/\!x`],
  [String.raw`x\ `, String.raw`/src/**/x\ `],
  ["**/x", "/src/**/x"],
])("%s in src means %s at the top", (pattern, rebased) => {
  expect(rebasePatterns(`${pattern}\n`, "src")).toEqual([rebased]);
});

test("comments and blank lines are no patterns, and a byte order mark is none of the first one's letters", () => {
  expect(rebasePatterns("\u{FEFF}a\r\n\r\n#b\n   \n/\n!\n", "x")).toEqual(["/x/**/a"]);
});

test("a folder's name is not taken for a pattern", () => {
  expect(rebasePatterns("a", "[x]*/y?")).toEqual([String.raw`/\[x\]\*/y\?/**/a`]);
});

test("an ignore file that is absurdly large, or has absurdly long patterns, has no effect", async () => {
  const root = await temporaryFolder();
  mkdirSync(join(root, "sub"));
  writeFileSync(join(root, ".rules"), `${"a?".repeat(5_000)}\nb\n`);
  writeFileSync(join(root, "sub", ".rules"), "c\n".repeat(1_000_000));
  const rules = new IgnoreRules(root, ".rules");
  const folder = await rules.of("sub");
  expect(folder?.ignores("sub/b")).toBe(true);
  expect(folder?.ignores("sub/c")).toBe(false);
});

test("verdicts stay the same however many are asked for", async () => {
  const root = await temporaryFolder();
  writeFileSync(join(root, ".rules"), "x*\n");
  const rules = await new IgnoreRules(root, ".rules").of("");
  const names = Array.from({ length: 25_000 }, (_, n) => `${n % 3 === 0 ? "x" : "y"}${n}`);
  expect(names.filter((name) => rules?.ignores(name))).toEqual(names.filter((name) => name.startsWith("x")));
});

test("no line of an ignore file makes a rule fail", async () => {
  const root = await temporaryFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom(...Array.from("[]!-\\*?{}()^$/.a: ")) }),
      ),
      fc.constantFrom("a", "a/b", "[", "a b/", "\\"),
      async (text, path) => {
        writeFileSync(join(root, ".rules"), text);
        const rules = await new IgnoreRules(root, ".rules").of("a");
        expect(rules?.ignores(path)).toBeOneOf([true, false, undefined]);
      },
    ),
  );
});

test("walking finds what git finds, whatever the ignore files say", async () => {
  const name = fc.constantFrom("a", "b", "build", "x.o", "k.o", "[a]", "a b");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const pattern = fc
    .tuple(
      fc.constantFrom("", "", "!"),
      fc.constantFrom("", "", "/", "**/"),
      fc.array(fc.constantFrom("a", "b", "build", "*.o", "*", "?", "[ab]", "**", "\\[a]", "a b", "x*"), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom("", "", "/", " ", "/**"),
    )
    .map(([negation, anchor, parts, end]) => `${negation}${anchor}${parts.join("/")}${end}`);
  const ignoreFile = fc.array(fc.oneof(pattern, fc.constantFrom("", "#a", "/", "!", "\\")), { maxLength: 5 });
  const tree = fc.record({
    files: fc.uniqueArray(path, { minLength: 1, maxLength: 12 }),
    ignores: fc.uniqueArray(fc.tuple(fc.constantFrom("", "a", "a/b", "[a]", "build", "a b"), ignoreFile), {
      maxLength: 3,
      selector: ([folder]) => folder,
    }),
  });
  const base = await temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(tree, async ({ files, ignores }) => {
      run += 1;
      const root = join(base, String(run));
      await mkdir(root);
      for (const file of files) {
        try {
          write(root, { [file]: undefined });
        } catch {
          // The path needs a folder where there is a file already, or the other way round.
        }
      }
      for (const [folder, patterns] of ignores) {
        try {
          write(root, { [join(folder, ".gitignore")]: patterns.join("\n") });
        } catch {
          // As above.
        }
      }
      const walked: string[] = [];
      const options = { maxFileBytes: 100, indexPath: join(root, ".resona") };
      for await (const file of discoverFiles(root, options)) walked.push(file.path);
      git(root, "init", "-q");
      const listed = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0").filter(Boolean);
      expect(walked.toSorted()).toEqual(listed.toSorted());
    }),
    { numRuns: 80 },
  );
});
