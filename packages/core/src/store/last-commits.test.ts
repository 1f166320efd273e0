import { expect, test } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import type { FileOutcome, FileRecord } from "../model/file-record.ts";
import { IndexStore } from "./index-store.ts";

function record(path: string, version = 1, outcome: FileOutcome = { kind: "indexed" }): FileRecord {
  const hash = version.toString(16).padStart(32, "0");
  return { path, hash, size: version, mtimeMs: version, language: "go", chunkCount: 0, outcome };
}

const isNew = (file: FileRecord) => ({ file, chunks: [], previousChunks: undefined });
const isKnown = (file: FileRecord) => ({ file, chunks: [], previousChunks: 0 });

async function stored(store: IndexStore) {
  const files = (await Array.fromAsync(store.lastCommits())).flat();
  return Object.fromEntries(files.map(({ path, commit }) => [path, commit]));
}

test("last commits stay with their files, whatever is written of these", async () => {
  const folder = await temporaryFolder();
  const store = await IndexStore.create(folder, 8);
  const odd = `it's "odd"\n\u{1F99C}.go`;
  const files = ["a.go", "b.go", odd, "gone.go"].map((path) => record(path));
  await store.commit({ replaced: files.map(isNew), refreshed: [], removed: [] });
  expect(await stored(store)).toEqual({ "a.go": undefined, "b.go": undefined, [odd]: undefined, "gone.go": undefined });
  expect((await store.pathsWithoutCommit()).length).toBe(4);

  const commits = files.map(({ path }, n) => ({ path, commit: n.toString().repeat(40) }));
  await store.setLastCommits([...commits, { path: "never.go", commit: "f".repeat(40) }]);
  await store.setLastCommits([]);
  const before = Object.fromEntries(commits.map(({ path, commit }) => [path, commit]));
  expect(await stored(store)).toEqual(before);
  expect((await store.pathsWithoutCommit()).length).toBe(0);

  // A file of another content, one of another time, a new one and one that is gone, in one commit.
  await store.commit({
    replaced: [isKnown(record("a.go", 2)), isNew(record("new.go"))],
    refreshed: [record(odd, 3)],
    removed: ["gone.go"],
  });
  const { "gone.go": _, ...kept } = before;
  expect(await stored(store)).toEqual({ ...kept, "new.go": undefined });
  const records = (await Array.fromAsync(store.files())).flat();
  expect(records).toEqual(
    expect.arrayContaining([record("a.go", 2), record("b.go"), record(odd, 3), record("new.go")]),
  );

  await store.setLastCommits([
    { path: "a.go", commit: undefined },
    { path: "new.go", commit: "e".repeat(40) },
  ]);
  store.close();
  const again = await IndexStore.open(folder, 8);
  const now = { ...kept, "a.go": undefined, "new.go": "e".repeat(40) };
  expect(await stored(again)).toEqual(now);
  for (const table of again.tables) await table.optimize(new Date());
  expect(await stored(again)).toEqual(now);
  expect(await again.lastCommitsOf(["a.go", "new.go", odd, "never.go"])).toEqual(
    new Map([
      ["new.go", "e".repeat(40)],
      [odd, "2".repeat(40)],
    ]),
  );
  expect(await again.lastCommitsOf([])).toEqual(new Map());
  again.close();
});

test("only indexed files are missed among those without a last commit", async () => {
  const store = await IndexStore.create(await temporaryFolder(), 8);
  const skipped = record("b.png", 1, { kind: "skipped", reason: "binary" });
  const failed = record("c.go", 1, { kind: "failed", message: "no luck" });
  await store.commit({ replaced: [record("a.go"), skipped, failed].map(isNew), refreshed: [], removed: [] });
  expect((await store.pathsWithoutCommit()).length).toBe(1);
  const files = (await Array.fromAsync(store.lastCommits())).flat();
  expect(files.filter(({ isIndexed }) => isIndexed)).toEqual([{ path: "a.go", isIndexed: true, commit: undefined }]);
  store.close();
});

test("more files than one statement takes are written", async () => {
  const store = await IndexStore.create(await temporaryFolder(), 8);
  const paths = Array.from({ length: 12_000 }, (_, n) => `f${n}.go`);
  await store.commit({ replaced: paths.map((path) => isNew(record(path))), refreshed: [], removed: [] });
  await store.setLastCommits(paths.map((path, n) => ({ path, commit: n.toString(16).padStart(40, "0") })));
  const found = await stored(store);
  expect(paths.every((path, n) => found[path] === n.toString(16).padStart(40, "0"))).toBe(true);
  expect((await store.pathsWithoutCommit()).length).toBe(0);
  store.close();
});
