import { createHash, randomBytes } from "node:crypto";
import { readFile, readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";

import { expect, test } from "vitest";

import { workspaceWith } from "../testing/run-cli.ts";
import { unpackLibrary } from "./unpack-library.ts";
import type { PackedLibrary } from "./unpack-library.ts";

const content = Buffer.concat([randomBytes(300_000), Buffer.alloc(200_000, "library")]);

/** The content in pieces of which the last is smaller. */
async function pack(folder: string): Promise<PackedLibrary> {
  const starts = [0, 180_000, 360_000];
  const pieces = await Promise.all(
    starts.map(async (start, n) => {
      const path = join(folder, `${n}.zst`);
      await writeFile(path, zstdCompressSync(content.subarray(start, starts[n + 1])));
      return path;
    }),
  );
  return { name: "library.node", bytes: content.length, pieces };
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("the file is put together from its pieces, in a folder that it makes", async () => {
  const folder = await workspaceWith({});
  const cache = join(folder, "made/here");
  const path = unpackLibrary(await pack(folder), cache);
  expect(digest(await readFile(path))).toBe(digest(content));
  expect(await readdir(cache)).toEqual(["library.node"]);
});

test.skipIf(process.platform === "win32")("nobody else can put a file in its place", async () => {
  const folder = await workspaceWith({});
  unpackLibrary(await pack(folder), join(folder, "cache"));
  expect((await stat(join(folder, "cache"))).mode & 0o777).toBe(0o700);
});

test("a file that is there is used as it is, unless it is not whole", async () => {
  const folder = await workspaceWith({});
  const library = await pack(folder);
  const path = unpackLibrary(library, folder);
  const { ino } = await stat(path);
  expect(unpackLibrary(library, folder)).toBe(path);
  expect((await stat(path)).ino).toBe(ino);
  await truncate(path, 1_000);
  unpackLibrary(library, folder);
  expect(digest(await readFile(path))).toBe(digest(content));
});

test("a piece that cannot be read leaves nothing behind", async () => {
  const folder = await workspaceWith({});
  const library = await pack(folder);
  const cache = join(folder, "cache");
  await writeFile(library.pieces[1]!, "no zstd");
  expect(() => unpackLibrary(library, cache)).toThrow(/decompress|frame|zstd|prefix/i);
  expect(await readdir(cache)).toEqual([]);
});
