import { execFileSync } from "node:child_process";

import fc from "fast-check";
import { expect, test } from "vitest";

import { ResonaError } from "../errors.ts";
import {
  folderNameOf,
  isBranchName,
  isRepositoryUrl,
  parseRepositoryUrl,
  type RepositoryUrl,
} from "./repository-url.ts";

test.each([
  ["https://github.com/a/b.git", "https://github.com/a/b.git", "https", "github.com"],
  ["HTTPS://GitHub.com:443/a/B/", "https://github.com/a/B", "https", "github.com"],
  ["https://[::1]:8443/a", "https://[::1]:8443/a", "https", "[::1]"],
  ["https://host/größe/%20x", "https://host/größe/%20x", "https", "host"],
  ["ssh://git@host:2222/~a/b", "ssh://git@host:2222/~a/b", "ssh", "host"],
  ["ssh://host:22/b", "ssh://host/b", "ssh", "host"],
  ["git@GitHub.com:a/b.git", "git@github.com:a/b.git", "ssh", "github.com"],
  ["file:///srv/my repo's/#1?", "file:///srv/my repo's/#1?", "file", ""],
  ["file://localhost/srv/a/", "file:///srv/a", "file", ""],
  ["file:///C:/a/b", "file:///C:/a/b", "file", ""],
])("%s is taken", (text, address, protocol, host) => {
  expect(parseRepositoryUrl(text)).toEqual({ address, protocol, host });
  expect(isRepositoryUrl(text)).toBe(true);
});

test("credentials of an https URL are kept apart from its address", () => {
  expect(parseRepositoryUrl("https://me:p%40ss:w%2Ford@host:8443/a")).toEqual({
    address: "https://host:8443/a",
    protocol: "https",
    host: "host",
    credentials: { user: "me", password: "p@ss:w/ord" },
  });
  expect(parseRepositoryUrl("https://me@host/a").credentials).toEqual({ user: "me", password: undefined });
});

test.each([
  "http://host/a",
  "git://host/a",
  "ftp://host/a",
  "ext::sh -c touch% /tmp/x",
  "ext::https://host/a",
  "fd::17",
  "-uhttps://host/a",
  "--upload-pack=touch /tmp/x",
  "https://-oProxyCommand=x/a",
  "ssh://-oProxyCommand=x/a",
  "ssh://-o@host/a",
  "-oProxyCommand=x@host:a",
  "git@-oProxyCommand=x:a",
  "git@host:-a",
  "git@host::a",
  "git@host:",
  "host:a",
  "C:\\a",
  "C:/a",
  "./a",
  "/a",
  "",
  "https://",
  "https://host",
  "https://host/",
  "https://host//",
  "https://host/a b",
  "https://host/a?token=1",
  "https://host/a#1",
  "https://host:0/a",
  "https://host:65536/a",
  "https://host:x/a",
  "https://ho\u0073t\u200B/a",
  "https://h\u00F6st/a",
  "https://host\\@evil/a",
  "https://host%0a/a",
  "https://a%00b:c@host/a",
  "https://%zz:x@host/a",
  "https://:x@host/a",
  "https://host/a\nb",
  "https://host/\u001B[31m",
  "https://host/\u202Egpj",
  "ssh://git:password@host/a",
  "file://server/share",
  "file:////server/share",
  "file://a/b",
  "file:",
  "file:///",
  `https://host/${"a".repeat(3_000)}`,
])("%s is refused", (text) => {
  expect(() => parseRepositoryUrl(text)).toThrow(expect.objectContaining({ code: "GIT_URL_REFUSED" }));
});

test("what is meant as a URL is told from what is meant as a folder", () => {
  const urls = ["http://host/a", "ext::sh -c x", "git://host/a", "me@host:a", "https://"];
  expect(urls.filter((text) => !isRepositoryUrl(text))).toEqual([]);
  const folders = ["a", "./a:b", "/a@b:c", "a/b@c:d", "C:\\a", "C:/a", "D:a", "-x", "a b@c", "@scope/package"];
  expect(folders.filter((text) => isRepositoryUrl(text))).toEqual([]);
});

const words = ["https", "ssh", "file", "ext", "http", "host", "git", "a.git", "22", "99999", "ü", "::1", "[", "]"];
const marks = [
  "://",
  "::",
  ":",
  "/",
  "//",
  "@",
  "-",
  "--",
  "%00",
  "%0a",
  "%",
  "..",
  "?",
  "#",
  " ",
  "\n",
  "\0",
  "\\",
  "~",
];

/** Pieces of which something that git would take can be made. */
const pieces = fc
  .array(fc.oneof(fc.constantFrom(...words, ...marks, "\u202E"), fc.string({ unit: "binary", maxLength: 3 })), {
    maxLength: 10,
  })
  .map((parts) => parts.join(""));

/** What is understood, or the message of the refusal. */
function parsed(text: string): RepositoryUrl | string {
  try {
    return parseRepositoryUrl(text);
  } catch (error) {
    if (error instanceof ResonaError) return `${error.message} ${error.nextStep}`;
    throw error;
  }
}

test("whatever is taken has one of the forms that are safe, and is taken again as it is", () => {
  const url = fc.oneof(
    pieces,
    fc.tuple(fc.constantFrom("https://", "ssh://", "file:///", "git@"), pieces).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(url, (text) => {
      const taken = parsed(text);
      if (typeof taken === "string") return !/[\p{C}\u2028\u2029]/u.test(taken);
      const { address, credentials: _, ...rest } = taken;
      const safe =
        /^(?:https:\/\/|ssh:\/\/(?:[\w.~-]+@)?|file:\/\/(?=\/[^/])|\w[\w.~-]*@)(?!-)(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])?(?::[0-9]+(?=\/))?[:/]/u;
      expect(address).toMatch(safe);
      expect(address).not.toMatch(/[\p{C}\\]/u);
      expect(parseRepositoryUrl(address)).toEqual({ address, ...rest });
      expect(folderNameOf(taken, undefined)).toMatch(/^[a-z0-9][a-z0-9-]{0,79}$/u);
      return true;
    }),
    { numRuns: 3_000, seed: 5 },
  );
});

test("no message, address or name shows a secret, whether the URL is taken or refused", () => {
  const secret = "S3cretS3cret";
  const around = fc.oneof(pieces, fc.constant(""));
  fc.assert(
    fc.property(
      fc.constantFrom("https", "ssh", "http", "ext", "file"),
      around,
      around,
      around,
      (scheme, a, b, path) => {
        const url = parsed(`${scheme}://${a}${secret}${b}@host/${path.replaceAll("@", "")}`);
        const shown = typeof url === "string" ? url : url.address + folderNameOf(url, undefined);
        // The user of ssh is no secret, and what follows a slash is part of the path.
        fc.pre(typeof url === "string" || !(url.protocol === "ssh" || (a + b).includes("/")));
        expect(shown).not.toContain(secret);
      },
    ),
    { numRuns: 2_000, seed: 5 },
  );
});

test("a folder's name tells the repository, and is another one for every address and branch", () => {
  const name = (url: string, branch?: string): string => folderNameOf(parseRepositoryUrl(url), branch);
  expect(name("https://github.com/owner/repo.git")).toMatch(/^github-com-owner-repo-[0-9a-f]{16}$/u);
  expect(name("git@github.com:owner/repo")).toMatch(/^github-com-owner-repo-[0-9a-f]{16}$/u);
  expect(name("file:///srv/größe/..")).toMatch(/^gr-e-[0-9a-f]{16}$/u);
  expect(name("file:///%/\u4E2D")).toMatch(/^[0-9a-f]{16}$/u);
  expect(name(`https://host/${"x".repeat(500)}`).length).toBeLessThan(80);
  expect(name("https://me:secret@host/a")).toBe(name("https://host/a/"));
  const names = [name("https://host/a"), name("https://host/a", "b"), name("ssh://host/a"), name("https://host/A")];
  expect(new Set(names).size).toBe(4);
});

test("a name is one that git accepts for a branch", () => {
  const accepts = (name: string): boolean => {
    try {
      execFileSync("git", ["check-ref-format", `refs/heads/${name}`], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };
  const names = [
    "main",
    "feature/x",
    "a@b",
    "ü",
    "a.b",
    "x.lock",
    "x.lock/y",
    ".a",
    "a/.b",
    "a..b",
    "a.",
    "a./b",
    "@{",
  ];
  names.push("a/", "/a", "a//b", "a b", "a~", "a^", "a:", "a?", "a*", "a[", "a\\", "a\u007F", "a\n", "@/a", "a/-b", "");
  const part = fc.constantFrom(
    "a",
    "-",
    ".",
    "/",
    "@",
    "{",
    ".lock",
    "~",
    "^",
    ":",
    "?",
    "*",
    "[",
    "\\",
    " ",
    "ü",
    "\t",
  );
  const random = fc.sample(
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join("")),
    { numRuns: 60, seed: 5 },
  );
  for (const name of [...names, ...random]) {
    const isOption = name.startsWith("-") || name === "@";
    expect([name, isBranchName(name)]).toEqual([name, accepts(name) && !isOption]);
  }
  expect(["HEAD", "@", "-x", "\uD800", "x".repeat(201)].filter((name) => isBranchName(name))).toEqual([]);
});
