import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import type { FileRecord } from "../model/file-record.ts";
import type { DiscoveredFile } from "../model/source-file.ts";
import { KnownFiles, loadKnownFiles } from "./known-files.ts";
import { UNTRUSTED, trustedMtime } from "./trusted-mtime.ts";

const hash = "00112233445566778899aabbccddeeff";
const known: FileRecord = {
  path: "a.ts",
  hash,
  size: 5,
  mtimeMs: 1_000.25,
  language: "typescript",
  chunkCount: 3,
  outcome: { kind: "indexed" },
};
const found: DiscoveredFile = { kind: "file", path: "a.ts", size: 5, mtimeMs: 1_000.25 };
const tooLarge: DiscoveredFile = { ...found, kind: "skipped", reason: "too-large" };

function knowing(...files: FileRecord[]): KnownFiles {
  const all = new KnownFiles();
  for (const file of files) all.add(file);
  return all;
}

test("a file that nothing is known of is new", () => {
  expect(knowing().classify(found)).toBe("new");
  expect(knowing(known).classify({ ...found, path: "b.ts" })).toBe("new");
});

test("a file of the same size and time is unchanged", () => {
  expect(knowing(known).classify(found)).toBe("unchanged");
});

test("a file of another size or time is checked", () => {
  expect(knowing(known).classify({ ...found, size: 6 })).toBe("check");
  expect(knowing(known).classify({ ...found, mtimeMs: 1_000.5 })).toBe("check");
  expect(knowing(known).classify({ ...found, mtimeMs: 0 })).toBe("check");
});

test("a file whose time could not be trusted is checked, whatever its time is now", () => {
  expect(knowing({ ...known, mtimeMs: UNTRUSTED }).classify(found)).toBe("check");
  expect(knowing({ ...known, mtimeMs: UNTRUSTED }).classify({ ...found, mtimeMs: 0 })).toBe("check");
});

test("a file of the first instant of 1970, or of before, is unchanged as any other", () => {
  for (const mtimeMs of [0, -5_000.25])
    expect(knowing({ ...known, mtimeMs }).classify({ ...found, mtimeMs })).toBe("unchanged");
});

test("a file that is indexed and has failed since is told from one that has not", () => {
  const files = knowing({ ...known, mtimeMs: UNTRUSTED, outcome: { kind: "indexed", failure: "No." } });
  expect(files.classify(found)).toBe("check");
  expect(files.settled("a.ts")).toMatchObject({ hash, outcome: { kind: "indexed" } });
  expect(files.hasFailed("a.ts")).toBe(true);
  expect(knowing(known).hasFailed("a.ts")).toBe(false);
  expect(knowing({ ...known, outcome: { kind: "failed", message: "No." } }).hasFailed("a.ts")).toBe(true);
});

test("a file that is gone when it is to be read counts as not found", () => {
  const files = knowing(known);
  files.classify(found);
  expect([...files.removed()]).toEqual([]);
  files.missed("a.ts");
  files.missed("unknown.ts");
  expect([...files.removed()]).toEqual(["a.ts"]);
});

test("a file skipped for its content is unchanged as long as the content is", () => {
  const files = knowing({ ...known, outcome: { kind: "skipped", reason: "minified" } });
  expect(files.classify(found)).toBe("unchanged");
  expect(files.settled("a.ts")).toMatchObject({ hash, outcome: { kind: "skipped", reason: "minified" } });
});

test("a file skipped for its name or size is looked at once the rule no longer skips it", () => {
  for (const unread of ["", "0".repeat(32)]) {
    const files = knowing({ ...known, hash: unread, outcome: { kind: "skipped", reason: "too-large" } });
    expect(files.classify(tooLarge)).toBe("unchanged");
    expect(files.classify({ ...tooLarge, size: 6, mtimeMs: 2_000 })).toBe("unchanged");
    expect(files.classify({ ...tooLarge, reason: "binary" })).toBe("check");
    expect(files.classify(found)).toBe("check");
    expect(files.settled("a.ts")).toBeUndefined();
  }
});

test("an indexed file that is to be skipped now is told", () => {
  expect(knowing(known).classify(tooLarge)).toBe("check");
});

test("a failed file is done again, even with the same content", () => {
  const files = knowing({ ...known, outcome: { kind: "failed", message: "no" } });
  expect(files.classify(found)).toBe("check");
  expect(files.settled("a.ts")).toBeUndefined();
});

test("a skip reason of another version is done again", () => {
  const stored = JSON.parse('{"kind":"skipped","reason":"from the future"}') as FileRecord["outcome"];
  expect(knowing({ ...known, outcome: stored }).classify(found)).toBe("check");
});

test("records stream in by batches of any size and come back as they were", async () => {
  const records = Array.from({ length: 5_000 }, (_, n) => ({
    ...known,
    path: `src/${n}.ts`,
    hash: createHash("sha256").update(String(n)).digest("hex").slice(0, 32),
    size: n * 1e6,
    mtimeMs: 1.7e12 + n / 3,
    language: `language ${n % 40}`,
    chunkCount: n,
  }));
  async function* batches(): AsyncGenerator<FileRecord[]> {
    yield [];
    yield records.slice(0, 1);
    await Promise.resolve();
    yield records.slice(1, 4_097);
    yield records.slice(4_097);
  }
  const files = await loadKnownFiles(batches());
  for (const record of records) expect(files.settled(record.path)).toEqual(record);
  expect([...files.removed()]).toEqual(records.map((record) => record.path));
});

test("a stream that fails, fails the loading", async () => {
  async function* broken(): AsyncGenerator<FileRecord[]> {
    yield [known];
    await Promise.reject(new Error("table gone"));
  }
  await expect(loadKnownFiles(broken())).rejects.toThrow("table gone");
});

test("what is known and was not found is removed", () => {
  const files = knowing(known, { ...known, path: "b.ts" }, { ...known, path: "c.ts" });
  files.classify(found);
  files.classify({ ...tooLarge, path: "c.ts" });
  expect([...files.removed()]).toEqual(["b.ts"]);
});

/** A folder whose clock ticks every two seconds, on a disk that keeps what it is told. */
interface Disk {
  now: number;
  readonly files: Map<string, { content: string; mtimeMs: number }>;
}

type Step =
  | { readonly kind: "write"; readonly path: string; readonly content: string }
  | { readonly kind: "touch" | "delete"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "index" };

function apply(disk: Disk, step: Exclude<Step, { kind: "index" }>): void {
  const mtimeMs = Math.floor(disk.now / 2_000) * 2_000;
  if (step.kind === "wait") {
    disk.now += step.ms;
    return;
  }
  const file = disk.files.get(step.path);
  if (step.kind === "write") disk.files.set(step.path, { content: step.content, mtimeMs });
  else if (file === undefined) return;
  else if (step.kind === "touch") file.mtimeMs = mtimeMs;
  else {
    disk.files.delete(step.path);
    if (step.kind === "rename") disk.files.set(step.to, file);
  }
}

const hashOf = (content: string): string => createHash("sha256").update(content).digest("hex").slice(0, 32);

/** What the indexing does with the answers, on a record map in place of a store. */
async function index(records: Map<string, FileRecord>, disk: Disk, batchSize: number): Promise<{ reads: number }> {
  async function* batches(): AsyncGenerator<FileRecord[]> {
    const all = [...records.values()];
    for (let start = 0; start < all.length; start += batchSize) yield all.slice(start, start + batchSize);
  }
  const files = await loadKnownFiles(batches());
  let reads = 0;
  for (const [path, { content, mtimeMs }] of disk.files) {
    const at = { path, size: content.length, mtimeMs };
    if (content.startsWith("!")) {
      const status = files.classify({ ...at, kind: "skipped", reason: "binary" });
      const outcome = { kind: "skipped", reason: "binary" } as const;
      if (status !== "unchanged") records.set(path, { ...at, hash: "", language: "", chunkCount: 0, outcome });
    } else if (files.classify({ ...at, kind: "file" }) !== "unchanged") {
      reads += 1;
      const record = { ...at, mtimeMs: trustedMtime(mtimeMs, disk.now), hash: hashOf(content) };
      const settled = files.settled(path);
      if (settled?.hash === record.hash) records.set(path, { ...settled, ...record });
      else records.set(path, { ...record, language: "", chunkCount: content.length, outcome: { kind: "indexed" } });
    }
  }
  for (const path of files.removed()) records.delete(path);
  return { reads };
}

test("after any changes, an index knows exactly the files there are, with the content they have", async () => {
  const path = fc.constantFrom("a", "b", "c", "d/e");
  // Two of a size, to change a file without changing its size; `!` stands for a file skipped by its name.
  const content = fc.constantFrom("x", "y", "!", "longer");
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), path, content }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("touch" as const, "delete" as const), path }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), path, to: path }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3_000 }) }) },
    { weight: 3, arbitrary: fc.constant({ kind: "index" as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (steps, batchSize) => {
      const disk: Disk = { now: 1_000_000, files: new Map() };
      const records = new Map<string, FileRecord>();
      for (const next of [...steps, { kind: "index" } as const]) {
        if (next.kind !== "index") {
          apply(disk, next);
          continue;
        }
        await index(records, disk, batchSize);
        const expected = new Map(
          [...disk.files].map(([name, file]) => {
            const isRead = !file.content.startsWith("!");
            return [name, isRead ? [hashOf(file.content), file.content.length] : ["", 0]] as const;
          }),
        );
        expect(new Map([...records].map(([name, record]) => [name, [record.hash, record.chunkCount]]))).toEqual(
          expected,
        );
      }
      // Left alone for long enough, nothing is read any more after one more run.
      disk.now += 10_000;
      await index(records, disk, batchSize);
      expect(await index(records, disk, batchSize)).toEqual({ reads: 0 });
    }),
    { numRuns: 300 },
  );
});
