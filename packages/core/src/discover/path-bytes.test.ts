import { isUtf8 } from "node:buffer";

import fc from "fast-check";
import { expect, test } from "vitest";

import { folderOf, nameOf, pathFromBytes } from "./path-bytes.ts";

test("a UTF-8 path is itself", () => {
  const path = "a b/%FF 'x'\n\\ü😀.ts";
  expect(pathFromBytes(Buffer.from(path))).toEqual({ path, isValid: true });
});

test("a path that is not UTF-8 is shown with its bytes", () => {
  expect(pathFromBytes(Buffer.from("src/caf\u{E9} 5%.c", "latin1"))).toEqual({
    path: "./src/caf%E9%205%25.c",
    isValid: false,
  });
});

test("different bytes never give the same text", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((array) => Buffer.from(array));
  // Names that imitate the escapes.
  const tricky = fc
    .array(
      fc.constantFrom(Buffer.of(0xff), Buffer.of(0x25), Buffer.from("%FF"), Buffer.from("FF"), Buffer.from("25")),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((parts) => Buffer.concat(parts));
  fc.assert(
    fc.property(fc.oneof(bytes, tricky), fc.oneof(bytes, tricky), (a, b) => {
      fc.pre(!a.equals(b));
      expect(pathFromBytes(a).path).not.toBe(pathFromBytes(b).path);
      expect(pathFromBytes(a).isValid).toBe(isUtf8(a));
    }),
  );
});

test("a path splits into its folder and its name", () => {
  expect([folderOf("a/b/c"), nameOf("a/b/c")]).toEqual(["a/b", "c"]);
  expect([folderOf("c"), nameOf("c")]).toEqual(["", "c"]);
});
