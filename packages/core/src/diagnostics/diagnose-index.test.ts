import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { resonaError } from "../errors.ts";
import { maintainTables } from "../maintenance/maintain.ts";
import type { Finding } from "../model/finding.ts";
import { arrow } from "../store/arrow.ts";
import { removeExpiredVersions } from "../store/expired-versions.ts";
import { connect } from "../store/lance.ts";
import { diagnoseIndex } from "./diagnose-index.ts";
import { workspaceRemedies } from "./remedies.ts";
import { DIMENSION, SampleIndex, fileNames, inShort } from "./sample-index.test-helper.ts";

/** 120 files and 360 rows in three fragments, all of them in every index. */
let healthy: SampleIndex;

beforeAll(async () => {
  const parent = await mkdtemp(join(tmpdir(), "resona-"));
  healthy = await SampleIndex.create("workspace", parent);
  for (let commit = 0; commit < 3; commit++) await healthy.addFiles(fileNames(40, commit * 40));
  await healthy.makeIndexes();
  return () => rm(parent, { recursive: true });
});

/** A copy of the healthy index, and what damage does to it. */
async function damaged(damage: (index: SampleIndex) => Promise<unknown>): Promise<SampleIndex> {
  const index = await healthy.copy();
  await damage(index);
  return index;
}

/** Sentences of an index's findings, each with its code. */
async function sentences(index: SampleIndex, options = {}): Promise<string[]> {
  return (await index.findings(options)).map(({ code, sentence }) => `${code}: ${sentence}`);
}

/** A process of its own that takes the lock and keeps it. */
async function lockHolder(folder: string): Promise<{ pid: number; kill: () => Promise<void> }> {
  const script = `
    import { lockForWriting } from ${JSON.stringify(new URL("../store/writer-lock.ts", import.meta.url).href)};
    await lockForWriting(${JSON.stringify(folder)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { pid: child.pid ?? 0, kill };
}

describe("figures", () => {
  it("are zero for an index that is fresh and empty", async () => {
    const index = await SampleIndex.create();
    expect(await index.diagnose()).toEqual({ totalRows: 0, version: 1, reclaimableBytes: 0, findings: [] });
    expect(await index.findings({ deep: true })).toEqual([]);
  });

  it("follow commits, deletions and indexes exactly", async () => {
    const index = await SampleIndex.create();
    await index.addFiles(fileNames(4));
    await index.addFiles(fileNames(4, 4));
    // Without an index there is nothing to be stale; that four are missing is a finding.
    expect(await index.diagnose()).toMatchObject({ totalRows: 24, version: 3 });
    expect(await index.diagnose()).not.toHaveProperty("index");
    expect(inShort(await index.findings())).toEqual(Array(4).fill("warning INDEX_STALE maintain"));
    await index.chunkTable(async (table) => {
      for (const wanted of table.wantedIndexes) await table.createIndex(wanted);
    });
    const whole = { numIndexedRows: 24, numUnindexedRows: 0, stalePercent: 0, needsRebuild: false };
    expect(await index.diagnose()).toMatchObject({ totalRows: 24, version: 7, index: whole, findings: [] });
    await index.files((store) => store.commit({ replaced: [], refreshed: [], removed: fileNames(2) }));
    const smaller = { ...whole, numIndexedRows: 18 };
    expect(await index.diagnose()).toMatchObject({ totalRows: 18, version: 8, index: smaller, findings: [] });
  });

  it("tell which share of the rows is missing in the index that covers the fewest", async () => {
    const index = await healthy.copy();
    await index.addFiles(fileNames(10, 200));
    const rows = { numIndexedRows: 360, numUnindexedRows: 30, needsRebuild: false };
    const first = await index.diagnose();
    expect(first).toMatchObject({ totalRows: 390, index: rows, findings: [] });
    expect(first.index?.stalePercent).toBeCloseTo((100 * 30) / 390);
    // One index is brought up to date, the others are not.
    await index.addFiles(fileNames(10, 210));
    await index.chunkTable((table) => table.createIndex({ column: "id", kind: "btree" }));
    const second = await index.diagnose();
    expect(second.index).toMatchObject({ numIndexedRows: 360, numUnindexedRows: 60, needsRebuild: true });
    // So few rows are scanned in no time.
    expect(second.findings).toEqual([]);
  });

  it("are those of a table whose indexes and old versions LanceDB has brought in order", async () => {
    const index = await healthy.copy();
    await index.addFiles(fileNames(10, 200));
    expect((await index.diagnose()).reclaimableBytes).toBeGreaterThan(10_000);
    await index.files(async (store) => {
      for (const table of store.tables) {
        await table.optimize(new Date());
        await table.optimize(new Date());
      }
    });
    for (const name of ["chunks", "files"]) {
      const olderThan = new Date(Date.now() + 1_000);
      await removeExpiredVersions(join(index.folder, `${name}.lance`), { olderThan });
    }
    expect(await index.diagnose()).toMatchObject({
      totalRows: 390,
      index: { numIndexedRows: 390, numUnindexedRows: 0, stalePercent: 0, needsRebuild: false },
      reclaimableBytes: 0,
      findings: [],
    });
  });

  it("say what cleanup then frees", async () => {
    const index = await healthy.copy();
    await index.files((store) => store.commit({ replaced: [], refreshed: [], removed: fileNames(100) }));
    const { reclaimableBytes } = await index.diagnose();
    let freed = 0;
    for (const name of ["chunks", "files"])
      freed += (await removeExpiredVersions(join(index.folder, `${name}.lance`), { olderThan: new Date(8.64e15) }))
        .bytesRemoved;
    expect(freed).toBe(reclaimableBytes);
    expect(freed).toBeGreaterThan(0);
  });

  it("are those of the one table of an index of items", async () => {
    const index = await SampleIndex.create("items");
    await index.addItems(["a", "b#7", "c"]);
    expect(await index.diagnose()).toMatchObject({ totalRows: 9, version: 2 });
    const [finding] = await index.findings();
    expect(finding?.remedy).toEqual({ kind: "maintain", sentence: "Run `resona embed maintain`." });
    expect(await index.findings({ deep: true })).toEqual(await index.findings());
  });
});

describe("an index", () => {
  it("that is not there is an error, not a finding", async () => {
    const parent = await temporaryFolder();
    const nothing = {
      remedies: workspaceRemedies,
      refuseOthers: () => undefined,
      compare: async () => undefined,
    } as const;
    const folder = join(parent, "no");
    await expect(diagnoseIndex({ folder, ...nothing })).rejects.toMatchObject({ code: "NO_INDEX" });
    await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(diagnoseIndex({ folder: parent, ...nothing })).rejects.toMatchObject({ code: "NO_INDEX" });
  });

  it("of a newer or an older format, of something else, or without a readable manifest is a finding", async () => {
    const future = await damaged((index) => index.setManifest({ schemaVersion: 99 }));
    expect(inShort(await future.findings())).toEqual(["error SCHEMA_FROM_FUTURE none"]);
    const old = await damaged((index) => index.setManifest({ schemaVersion: 1 }));
    expect(inShort(await old.findings())).toEqual(["error SCHEMA_OUTDATED rebuild"]);
    const torn = await damaged((index) => truncate(join(index.folder, "index.json"), 40));
    expect(inShort(await torn.findings())).toEqual(["error DATA_CORRUPT rebuild"]);
    const lost = await damaged((index) => rm(join(index.folder, "index.json")));
    expect(inShort(await lost.findings())).toEqual(["error DATA_CORRUPT rebuild"]);
    const foreign = await damaged((index) => writeFile(join(index.folder, "index.json"), "{}"));
    const diagnostics = await foreign.diagnose();
    expect(inShort(diagnostics.findings)).toEqual(["error SCHEMA_FOREIGN none"]);
    expect(diagnostics).toMatchObject({ totalRows: 0, version: 0 });
    expect(diagnostics).not.toHaveProperty("reclaimableBytes");
  });

  it("of other contents or of another workspace is a finding with what to do", async () => {
    const refuseOthers = () => {
      throw resonaError("INDEX_OF_OTHER_WORKSPACE", { path: "/i", workspace: "/other" });
    };
    expect(await healthy.findings({}, { refuseOthers })).toEqual([
      {
        code: "SCHEMA_FOREIGN",
        severity: "error",
        sentence: "The index at /i belongs to /other.",
        remedy: { kind: "none", sentence: "Choose another place for this workspace's index with --index." },
      },
    ]);
  });

  it("whose tables have other columns is a finding that names them", async () => {
    const index = await SampleIndex.create();
    const db = await connect(index.folder);
    onTestFinished(() => {
      db.close();
    });
    await db.dropTable("files");
    const field = (name: string, nullable = false) => new arrow.Field(name, new arrow.Utf8(), nullable);
    await db.createEmptyTable("files", new arrow.Schema([field("path", true), field("colour")]));
    expect(await sentences(index)).toEqual([
      "SCHEMA_FOREIGN: The table files has other columns than this version of Resona writes: path is Utf8 or null, not Utf8, colour is not known, file_hash is missing, size is missing, mtime_ms is missing and 5 more.",
    ]);
    const wide = await healthy.copy();
    await wide.setManifest({ fingerprint: { model: "m", dimension: 2 * DIMENSION } });
    expect(await sentences(wide)).toEqual([
      expect.stringMatching(/^SCHEMA_FOREIGN: The table chunks .*: vector is FixedSizeList\[16\].*, not .*\[32\]/),
    ]);
  });

  it("made with another model or other options is a finding, worse if queries cannot be compared", async () => {
    const reasons = ["it was made with --chunk-chars 1500, not 700"];
    const nextStep = "Run `resona index --chunk-chars 700`.";
    const compare = async () => ({ reasons, nextStep, isOfOtherVectors: false });
    const [finding] = await healthy.findings({}, { compare });
    expect(finding).toEqual({
      code: "FINGERPRINT_MISMATCH",
      severity: "warning",
      sentence: "The index does not match what is asked for: it was made with --chunk-chars 1500, not 700.",
      remedy: { kind: "rebuild", sentence: nextStep },
    });
    const other = await healthy.findings(
      {},
      { compare: async () => ({ ...(await compare()), isOfOtherVectors: true }) },
    );
    expect(inShort(other)).toEqual(["error FINGERPRINT_MISMATCH rebuild"]);
  });

  it("whose model cannot be used is a finding with what to do; any other trouble is one, too", async () => {
    const gone = () => Promise.reject(resonaError("MODEL_NOT_FOUND", { path: "/m.gguf", isRemembered: true }));
    const [finding] = await healthy.findings({}, { compare: gone });
    expect(finding).toMatchObject({
      code: "MODEL_UNUSABLE",
      severity: "error",
      sentence: "There is no model file /m.gguf, with which the index was made.",
      remedy: { kind: "none", sentence: expect.stringContaining("Put the file back") as string },
    });
    const failing = await healthy.findings({}, { compare: () => Promise.reject(new Error("read error")) });
    expect(inShort(failing)).toEqual(["warning CHECK_FAILED none"]);
    expect(failing[0]?.sentence).toBe("Whether all is well with the model could not be told: read error");
  });

  it("with failed files names the first of them", async () => {
    const index = await healthy.copy();
    await index.addFiles(fileNames(7, 300), { kind: "failed", message: "broken" });
    expect(await index.findings()).toEqual([
      {
        code: "FILES_FAILED",
        severity: "warning",
        sentence:
          "7 files could not be indexed: src/file-300.go (broken), src/file-301.go (broken), src/file-302.go (broken), src/file-303.go (broken), src/file-304.go (broken) and 2 more.",
        remedy: { kind: "index", sentence: "Run `resona index`." },
      },
    ]);
  });

  it("whose last run was interrupted, or never ended, is to be continued", async () => {
    const index = await healthy.copy();
    await index.setManifest({ state: "writing" });
    expect(inShort(await index.findings())).toEqual(["warning RUN_INTERRUPTED index"]);
    const { lastIndexedAt: _, ...never } = index.manifest;
    for (const state of ["clean", "writing"]) {
      await writeFile(join(index.folder, "index.json"), JSON.stringify({ ...never, state }));
      expect((await index.findings())[0]).toMatchObject({ code: "RUN_INTERRUPTED", sentence: /never finished/ });
    }
  });

  it("that a living process is writing says who, and one whose writer was killed says so", async () => {
    const index = await healthy.copy();
    await index.setManifest({ state: "writing" });
    const holder = await lockHolder(index.folder);
    const [held, ...others] = await index.findings();
    expect(others).toEqual([]);
    expect(held).toMatchObject({ code: "LOCK_HELD", severity: "info", remedy: { kind: "none" } });
    expect(held?.sentence).toMatch(new RegExp(`^The index is being written by process ${holder.pid} since 20`));
    await holder.kill();
    expect(inShort(await index.findings())).toEqual(["warning RUN_INTERRUPTED index", "info LOCK_STALE none"]);
  });

  it("locked from another host is held until its heartbeat stops", async () => {
    const index = await healthy.copy();
    const lock = join(index.folder, "writer.lock");
    await mkdir(lock);
    await writeFile(join(index.folder, "writer.json"), '{ "pid": 7, "host": "elsewhere", "since": "today" }');
    expect(await sentences(index)).toEqual([
      "LOCK_HELD: The index is being written by process 7 on elsewhere since today.",
    ]);
    await utimes(lock, 0, 0);
    expect(inShort(await index.findings())).toEqual(["info LOCK_STALE none"]);
  });

  it("whose maintenance failed once is left alone, and again and again is a finding", async () => {
    const index = await healthy.copy();
    const failing = (times: number) => {
      const step = {
        step: "compaction",
        table: "chunks",
        code: "DISK_FULL",
        message: "No space.",
        since: "2026",
        times,
      };
      return writeFile(
        join(index.folder, "maintenance.json"),
        JSON.stringify({ vectorIndexRows: {}, failing: [step] }),
      );
    };
    await failing(1);
    expect(await index.findings()).toEqual([]);
    await failing(3);
    expect(await sentences(index)).toEqual([
      "MAINTENANCE_FAILING: Maintenance of the table chunks has failed 3 times since 2026, at compaction: No space.",
    ]);
  });

  it("in many small fragments is to be compacted", async () => {
    const index = await SampleIndex.create();
    for (let commit = 0; commit < 17; commit++) await index.addFiles(fileNames(1, commit));
    const findings = await sentences(index);
    expect(findings.filter((sentence) => sentence.startsWith("FRAGMENTED"))).toEqual([
      "FRAGMENTED: The table chunks should be compacted, because it has 17 small fragments, and more than 16 make queries slow.",
      "FRAGMENTED: The table files should be compacted, because it has 17 small fragments, and more than 16 make queries slow.",
    ]);
  });

  it("with many old versions is to be cleaned up once they are older than those who may read them", async () => {
    const index = await SampleIndex.create();
    await index.files(async (store) => {
      for (let n = 0; n < 101; n++) await store.tables[1]!.delete(`path = 'no ${n}'`);
    });
    expect(inShort(await index.findings())).toEqual(["info VERSIONS_PILED_UP none"]);
    const versions = join(index.folder, "files.lance/_versions");
    for (const name of await index.names("files.lance/_versions"))
      await utimes(join(versions, name), 1_700_000_000, 1_700_000_000);
    expect(await sentences(index)).toEqual([
      "VERSIONS_PILED_UP: Old versions of the table files should be removed, because it has 101 old versions.",
    ]);
  });
});

describe("files", () => {
  it.each([
    ["chunks", "data", "DATA_MISSING"],
    ["files", "data", "DATA_MISSING"],
  ])("of the table %s that are missing are named", async (table, folder, code) => {
    const index = await healthy.copy();
    const name = (await index.names(`${table}.lance`, folder))[1] ?? "";
    await rm(join(index.folder, `${table}.lance`, folder, name));
    expect(await sentences(index)).toEqual([`${code}: The table ${table} lacks 1 file: ${folder}/${name}.`]);
    expect(inShort(await index.findings())).toEqual(["error DATA_MISSING rebuild"]);
    // The figures are those of the metadata, which is whole.
    expect(await index.diagnose()).toMatchObject({ totalRows: 360 });
  });

  it("that say which rows are deleted are missed, too", async () => {
    const index = await healthy.copy();
    await index.files((store) => store.commit({ replaced: [], refreshed: [], removed: fileNames(1) }));
    const [name = ""] = await index.names("chunks.lance/_deletions");
    await rm(join(index.folder, "chunks.lance/_deletions", name));
    expect(await sentences(index)).toEqual([`DATA_MISSING: The table chunks lacks 1 file: _deletions/${name}.`]);
  });

  it.each([
    ["cut off in the middle", (size: number) => Math.floor(size / 2)],
    ["empty", () => 0],
  ])("of data that are %s are named", async (_, length) => {
    const index = await healthy.copy();
    const [name = ""] = await index.names("chunks.lance/data");
    const path = join(index.folder, "chunks.lance/data", name);
    await truncate(path, length((await stat(path)).size));
    expect(await sentences(index)).toEqual([`DATA_CORRUPT: The table chunks has 1 file cut off: data/${name}.`]);
  });

  it("of data that a power cut has filled with zeros are named", async () => {
    const index = await healthy.copy();
    const [name = ""] = await index.names("chunks.lance/data");
    const path = join(index.folder, "chunks.lance/data", name);
    await writeFile(path, Buffer.alloc((await stat(path)).size));
    expect(await sentences(index)).toEqual([`DATA_CORRUPT: The table chunks has 1 file cut off: data/${name}.`]);
  });

  it("that LanceDB cannot read although they end well are a finding, too", async () => {
    const index = await healthy.copy();
    const [name = ""] = await index.names("chunks.lance/data");
    const path = join(index.folder, "chunks.lance/data", name);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xff, 0, bytes.length - 4));
    expect(await sentences(index)).toEqual([expect.stringMatching(/^DATA_CORRUPT: The table chunks cannot be read: /)]);
    expect(inShort(await index.findings({ deep: true }))).toEqual(["error DATA_CORRUPT rebuild"]);
  });

  it("of a whole table that is missing are one finding", async () => {
    const index = await damaged(({ folder }) => rm(join(folder, "files.lance"), { recursive: true }));
    expect(await sentences(index)).toEqual(["DATA_MISSING: The table files is missing."]);
    const empty = await damaged(({ folder }) => rm(join(folder, "chunks.lance/_versions"), { recursive: true }));
    expect(await sentences(empty)).toEqual([expect.stringMatching(/^DATA_CORRUPT: The table chunks cannot be read: /)]);
    expect(await empty.diagnose()).toMatchObject({ totalRows: 0, version: 0 });
  });

  it("of every index are asked for once: without one, it is named", async () => {
    const folders = await healthy.names("chunks.lance/_indices");
    expect(folders).toHaveLength(5);
    for (const folder of folders) {
      const index = await healthy.copy();
      await rm(join(index.folder, "chunks.lance/_indices", folder), { recursive: true });
      const findings = await index.findings();
      expect(inShort(findings)).toEqual(["error INDEX_BROKEN maintain"]);
      expect(findings[0]?.sentence).toBe(`Indexes of the table chunks cannot be read: _indices/${folder} is missing.`);
      const first = (await healthy.names("chunks.lance/_indices", folder))[0] ?? "";
      const cut = await damaged((copy) => truncate(join(copy.folder, "chunks.lance/_indices", folder, first), 100));
      expect(await sentences(cut)).toEqual([
        `INDEX_BROKEN: Indexes of the table chunks cannot be read: _indices/${folder}/${first} is cut off.`,
      ]);
    }
  });

  it("of an index that are missing in its folder are named with the column that it is over", async () => {
    for (const folder of await healthy.names("chunks.lance/_indices"))
      for (const name of await healthy.names("chunks.lance/_indices", folder)) {
        const index = await damaged((copy) => rm(join(copy.folder, "chunks.lance/_indices", folder, name)));
        const [finding, ...others] = await index.findings();
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ code: "INDEX_BROKEN", severity: "error", remedy: { kind: "maintain" } });
        // The only file of an index leaves nothing behind.
        if (name === "bitmap_page_lookup.lance") continue;
        expect(finding?.sentence).toMatch(/^The index over \w+ of the table chunks cannot be read: /);
        // An index of words without metadata LanceDB takes for one of an older format.
        const missed = name === "metadata.lance" ? "tokens.lance" : name;
        expect(finding?.sentence).toContain(`_indices/${folder}/${missed} is missing.`);
      }
  });

  it("of an index that LanceDB cannot read although they end well name the column", async () => {
    const columns: string[] = [];
    for (const folder of await healthy.names("chunks.lance/_indices")) {
      const index = await healthy.copy();
      for (const name of await healthy.names("chunks.lance/_indices", folder)) {
        const path = join(index.folder, "chunks.lance/_indices", folder, name);
        const bytes = await readFile(path);
        await writeFile(path, bytes.fill(0xff, 0, bytes.length - 4));
      }
      const [finding, ...others] = await index.findings();
      expect(others).toEqual([]);
      columns.push(
        /^The index over (\w+) of the table chunks cannot be read: /.exec(finding?.sentence ?? "")?.[1] ?? "",
      );
    }
    expect(columns.toSorted()).toEqual(["base_id", "id", "language", "terms", "vector"]);
  });

  it("of an index that are damaged are made anew by maintenance", async () => {
    for (const folder of await healthy.names("chunks.lance/_indices"))
      for (const name of await healthy.names("chunks.lance/_indices", folder)) {
        const path = join("chunks.lance/_indices", folder, name);
        const index = await damaged((copy) => truncate(join(copy.folder, path), 50));
        expect(inShort(await index.findings())).toEqual(["error INDEX_BROKEN maintain"]);
        await index.files(async (store) => {
          expect(await maintainTables(store.tables, index.folder)).toMatchObject({ failures: [] });
        });
        expect(await index.findings({ deep: true })).toEqual([]);
      }
  });

  it("that say what the newest version is made of are missed when they are cut off or empty", async () => {
    for (const length of [0, 500]) {
      const index = await healthy.copy();
      const [name = ""] = await index.names("files.lance/_versions");
      await truncate(join(index.folder, "files.lance/_versions", name), length);
      expect(inShort(await index.findings())).toEqual(["error MANIFEST_TORN heal"]);
      expect(await index.diagnose()).toMatchObject({ totalRows: 360, index: { numIndexedRows: 360 } });
    }
  });

  it("that say what an older version was made of matter as well: LanceDB cannot maintain without", async () => {
    const index = await healthy.copy();
    const name = (await index.names("chunks.lance/_versions"))[2] ?? "";
    await truncate(join(index.folder, "chunks.lance/_versions", name), 0);
    expect(await sentences(index)).toEqual([
      `MANIFEST_TORN: The table chunks cannot be maintained, because manifests of older versions are cut off: ${name}.`,
    ]);
  });

  it("are looked at again when a cleanup takes them away in between", async () => {
    // The newest version's manifest is read, then a newer one comes and the old one goes with its files.
    const index = await healthy.copy();
    const other = await healthy.copy();
    await other.files(async (store) => {
      for (const table of store.tables) await table.optimize(new Date(Date.now() + 86_400_000));
    });
    const findings: Promise<readonly Finding[]>[] = [];
    for (let n = 0; n < 5; n++)
      findings.push(
        diagnoseIndex({
          folder: index.folder,
          remedies: workspaceRemedies,
          refuseOthers: () => undefined,
          compare: async () => undefined,
        }).then((diagnostics) => diagnostics.findings),
      );
    await index.files(async (store) => {
      for (let n = 0; n < 5; n++)
        for (const table of store.tables) await table.optimize(new Date(Date.now() + 86_400_000));
    });
    expect((await Promise.all(findings)).flat()).toEqual([]);
  });
});

describe("a diagnosis", () => {
  it("lists what is worst first", async () => {
    const index = await healthy.copy();
    await index.setManifest({ state: "writing" });
    await mkdir(join(index.folder, "writer.lock"));
    await writeFile(join(index.folder, "writer.json"), "{}");
    await utimes(join(index.folder, "writer.lock"), 0, 0);
    const [name = ""] = await index.names("chunks.lance/data");
    await rm(join(index.folder, "chunks.lance/data", name));
    expect(inShort(await index.findings())).toEqual([
      "error DATA_MISSING rebuild",
      "warning RUN_INTERRUPTED index",
      "info LOCK_STALE none",
    ]);
  });

  it("rejects with the reason of its signal", async () => {
    const reason = new Error("enough");
    await expect(healthy.diagnose({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = () => {
      controller.abort(reason);
    };
    await expect(healthy.diagnose({ deep: true, signal: controller.signal, onProgress })).rejects.toBe(reason);
  });
});
