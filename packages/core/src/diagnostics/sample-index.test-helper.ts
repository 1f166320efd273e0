import { deepStrictEqual } from "node:assert";
import { createHash } from "node:crypto";
import { cp, lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { temporaryFolder } from "../../test/temp-folder.ts";
import type { FileOutcome } from "../model/file-record.ts";
import type { DatabaseDiagnostics, DiagnosisOptions, Finding } from "../model/finding.ts";
import { type IndexContents, type IndexManifest, createIndexFolder, writeManifest } from "../store/index-folder.ts";
import { IndexStore } from "../store/index-store.ts";
import { ItemStore } from "../store/item-store.ts";
import type { LanceTable } from "../store/lance-table.ts";
import { schemaVersion } from "../store/schema.ts";
import type { EmbeddedChunk, FileReplacement } from "../store/store.ts";
import { type DiagnosedIndex, diagnoseIndex } from "./diagnose-index.ts";
import { itemRemedies, workspaceRemedies } from "./remedies.ts";

export const DIMENSION = 16;
const CHUNKS = 3;

/** A finished index in a folder of its own, with figures that are known. */
export class SampleIndex {
  readonly folder: string;
  readonly manifest: IndexManifest;

  private constructor(folder: string, manifest: IndexManifest) {
    this.folder = folder;
    this.manifest = manifest;
  }

  /** @param parent folder for it; by default one that goes when the test ends. */
  static async create(contents: IndexContents = "workspace", parent?: string): Promise<SampleIndex> {
    const folder = join(parent ?? (await temporaryFolder()), "index");
    const manifest: IndexManifest = {
      format: "resona-index",
      schemaVersion,
      contents,
      fingerprint: { model: "m", dimension: DIMENSION },
      ...(contents === "workspace" ? { workspace: "/w" } : {}),
      state: "clean",
      lastIndexedAt: "2026-01-01T00:00:00.000Z",
    };
    await createIndexFolder(folder);
    const store = await (contents === "workspace" ? IndexStore : ItemStore).create(folder, DIMENSION);
    store.close();
    await writeManifest(folder, manifest);
    return new SampleIndex(folder, manifest);
  }

  /** Another folder with the same contents. */
  async copy(): Promise<SampleIndex> {
    const folder = join(await temporaryFolder(), "index");
    await cp(this.folder, folder, { recursive: true });
    return new SampleIndex(folder, this.manifest);
  }

  /** Writes files of three chunks each, in one commit. */
  async addFiles(names: readonly string[], outcome: FileOutcome = { kind: "indexed" }): Promise<void> {
    const replaced = names.map((name): FileReplacement => {
      const chunks = outcome.kind === "indexed" ? chunksOf(name) : [];
      const times = { size: 1, mtimeMs: 1 };
      const file = { path: name, hash: hashOf(name), ...times, language: "go", chunkCount: chunks.length, outcome };
      return { file, chunks, previousChunks: undefined };
    });
    await this.files((store) => store.commit({ replaced, refreshed: [], removed: [] }));
  }

  async addItems(ids: readonly string[]): Promise<void> {
    const written = ids.map((id) => ({
      source: { baseId: id, textHash: hashOf(id), language: "", chunks: chunksOf(id) },
      isKnown: false,
    }));
    await this.items((store) => store.commit({ written, removed: [] }));
  }

  async files(work: (store: IndexStore) => Promise<void>): Promise<void> {
    await closing(await IndexStore.open(this.folder, DIMENSION), work);
  }

  async items(work: (store: ItemStore) => Promise<void>): Promise<void> {
    await closing(await ItemStore.open(this.folder, DIMENSION), work);
  }

  async chunkTable(work: (table: LanceTable) => Promise<void>): Promise<void> {
    await this.files((store) => work(store.tables[0]!));
  }

  /** Makes every index that the chunk table can have. */
  async makeIndexes(): Promise<void> {
    await this.chunkTable(async (table) => {
      for (const index of table.wantedIndexes) await table.createIndex(index);
      await table.createIndex({ column: "vector", kind: "vector" });
    });
  }

  async setManifest(changes: Partial<IndexManifest>): Promise<void> {
    await writeManifest(this.folder, { ...this.manifest, ...changes });
  }

  /** Diagnoses, and sees to it that nothing on the disk is changed by that. */
  async diagnose(options: DiagnosisOptions = {}, changes: Partial<DiagnosedIndex> = {}): Promise<DatabaseDiagnostics> {
    const { folder } = this;
    const remedies = this.manifest.contents === "workspace" ? workspaceRemedies : itemRemedies;
    const before = await listing(folder);
    const given = { folder, remedies, refuseOthers: () => undefined, compare: async () => undefined };
    const diagnostics = await diagnoseIndex({ ...given, ...changes }, options);
    deepStrictEqual(await listing(folder), before);
    return diagnostics;
  }

  async findings(options: DiagnosisOptions = {}, changes: Partial<DiagnosedIndex> = {}): Promise<readonly Finding[]> {
    return (await this.diagnose(options, changes)).findings;
  }

  /** Names in a folder of a table, sorted, so that manifests of newer versions come first. */
  async names(...path: string[]): Promise<string[]> {
    return (await readdir(join(this.folder, ...path))).toSorted();
  }
}

export function fileNames(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `src/file-${from + n}.go`);
}

/** Severity and code of each finding, and what its remedy calls. */
export function inShort(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, code, remedy }) => `${severity} ${code} ${remedy.kind}`);
}

function chunksOf(name: string): EmbeddedChunk[] {
  return Array.from({ length: CHUNKS }, (_, n) => ({
    startLine: n * 10 + 1,
    endLine: n * 10 + 10,
    kind: "code",
    symbols: [],
    scope: [],
    text: `every text ${n} of ${name}`,
    terms: `every ${name}`,
    vector: direction(`${name}#${n}`),
  }));
}

function direction(text: string): Float32Array {
  const bytes = createHash("sha256").update(text).digest();
  const vector = Float32Array.from({ length: DIMENSION }, (_, i) => bytes.readInt8(i) + 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

async function closing<S extends { close(): void }>(store: S, work: (store: S) => Promise<void>): Promise<void> {
  try {
    await work(store);
  } finally {
    store.close();
  }
}

/** Everything below a folder: name, time of the last change, and content. */
async function listing(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs } = await lstat(path);
    const content = entry.isFile()
      ? createHash("sha256")
          .update(await readFile(path))
          .digest("hex")
      : "";
    found.set(path, `${mtimeMs} ${content}`);
  }
  return found;
}
