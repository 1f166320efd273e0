import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { removeExpiredVersions } from "./expired-versions.ts";
import { connect } from "./lance.ts";
import { allKinds, filesOf, manifestPath, TableModel } from "./table-model.test-helper.ts";

type FileSystem = typeof import("node:fs/promises");

/** Called before the file system is, to make it fail, or to do something in between. */
const before = vi.hoisted(() => ({
  unlink: (_path: string): unknown => undefined,
  lstat: (_path: string): unknown => undefined,
  sync: (_path: string): unknown => undefined,
}));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<FileSystem>();
  const unlink: FileSystem["unlink"] = async (path) => {
    await before.unlink(path as string);
    return real.unlink(path);
  };
  const lstat = async (path: string) => {
    await before.lstat(path);
    return real.lstat(path);
  };
  return { ...real, unlink, lstat };
});

// It takes most of the time, and only a power cut shows whether it was done.
vi.mock("./sync-files.ts", () => ({ syncPath: async (path: string) => before.sync(path) }));

const nothing = (): undefined => undefined;

afterEach(() => {
  Object.assign(before, { unlink: nothing, lstat: nothing, sync: nothing });
});

const DAY_MS = 86_400_000;
/** Only the newest version is not older. */
const olderThan = new Date(Date.now() + DAY_MS);
const nothingRemoved = { bytesRemoved: 0, versionsRemoved: 0 };

/** A table with every kind of index, on which most tests begin: some 15 versions of every kind of change. */
async function busyTable(): Promise<TableModel> {
  const table = await TableModel.create(await temporaryFolder(), 300);
  for (let n = 0; n < 2; n++) {
    await table.add({ from: 1_000 + n * 10, count: 10 });
    await table.delete({ from: n * 20, count: 5 });
    await table.upsert({ from: 100 + n * 5, count: 10 });
    if (n === 0) await table.optimize();
  }
  await table.createIndex("full-text");
  return table;
}

describe("removeExpiredVersions", () => {
  it("removes the same files as LanceDB's own pruning", async () => {
    const table = await TableModel.create(await temporaryFolder());
    const times: Date[] = [];
    const instant = async () => {
      await sleep(15);
      times.push(new Date());
      await sleep(15);
    };
    await instant();
    for (let n = 0; n < 4; n++) {
      await table.add({ from: 1_000 + n * 10, count: 10 });
      await table.delete({ from: n * 20, count: 5 });
      await instant();
      await table.upsert({ from: 100 + n * 5, count: 10 });
      if (n % 2 === 1) await table.optimize();
      await table.createIndex(allKinds[n % allKinds.length] ?? "btree");
    }
    // Until there is nothing left to compact.
    await table.createIndex("vector");
    for (let n = 0; n < 3; n++) await table.optimize();
    for (const time of [new Date(0), ...times.filter((_, n) => n % 2 === 1), olderThan]) {
      const [ours, theirs] = [await table.copyTo(await temporaryFolder()), await table.copyTo(await temporaryFolder())];
      const { fragmentsRemoved, bytesRemoved } = await theirs.optimize(time);
      expect(fragmentsRemoved).toBe(0);
      const removed = await removeExpiredVersions(ours.tableFolder, { olderThan: time });
      expect(removed.bytesRemoved).toBe(bytesRemoved);
      expect(await filesOf(ours.tableFolder)).toEqual(await filesOf(theirs.tableFolder));
    }
  });

  it("leaves every row and every answer of every version that stays, whatever was done before and after", async () => {
    const base = await TableModel.create(await temporaryFolder(), 300);
    const range = fc.record({ from: fc.nat(400), count: fc.integer({ min: 1, max: 40 }) });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("add", "upsert", "delete"), range }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("optimize") }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("createIndex"), index: fc.constantFrom(...allKinds) }) },
    );
    const round = fc.record({
      steps: fc.array(step, { minLength: 1, maxLength: 12 }),
      expiredShare: fc.double({ min: 0, max: 1, noNaN: true }),
      isAged: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 3 }), async (rounds) => {
      const table = await base.copyTo(await temporaryFolder());
      let versions = [...table.versions.keys()];
      for (const { steps, expiredShare, isAged } of rounds) {
        const former = table.newest;
        for (const done of steps)
          if ("range" in done) await table[done.kind](done.range);
          else if ("index" in done) await table.createIndex(done.index);
          else await table.optimize();
        for (let made = former + 1; made <= table.newest; made++) versions.push(made);
        // Files are proven to be committed, or old enough.
        if (isAged) await table.age();
        const start = new Date(Date.now() - 10 * DAY_MS);
        await table.spreadManifestTimes(start);
        const firstKept = Math.round(table.newest * expiredShare) + 1;
        const time = new Date(start.getTime() + firstKept * 60_000 - 30_000);
        const expired = versions.filter((version) => version < firstKept && version !== table.newest);
        versions = versions.filter((version) => !expired.includes(version));
        const files = await filesOf(table.tableFolder);
        const announced = await removeExpiredVersions(table.tableFolder, { olderThan: time, dryRun: true });
        expect(await filesOf(table.tableFolder)).toEqual(files);
        const removed = await removeExpiredVersions(table.tableFolder, { olderThan: time });
        expect(removed).toEqual(announced);
        expect(removed.versionsRemoved).toBe(expired.length);
        expect(await removeExpiredVersions(table.tableFolder, { olderThan: time })).toEqual(nothingRemoved);
        await table.verify(versions);
        await table.reopen();
      }
    });
    await fc.assert(property, { numRuns: 6, seed: 20_261_121 });
  });

  it("leaves a table that opens when it fails after any removal, and goes on from there when it is called again", async () => {
    const table = await busyTable();
    const finished = await table.copyTo(await temporaryFolder());
    const whole = await removeExpiredVersions(finished.tableFolder, { olderThan });
    const files = await filesOf(finished.tableFolder);
    const removals = (await filesOf(table.tableFolder)).length - files.length;
    expect(removals).toBeGreaterThan(40);
    let bytesRemoved = 0;
    for (let done = 1; done < removals; done++) {
      // One more in each call, so that every state in between is met.
      let isFirst = true;
      before.unlink = async (path) => {
        if (!isFirst) throw Object.assign(new Error("EIO: broken"), { code: "EIO" });
        isFirst = false;
        bytesRemoved += (await stat(path)).size;
      };
      await expect(removeExpiredVersions(table.tableFolder, { olderThan })).rejects.toMatchObject({ code: "EIO" });
      if (done % 5 === 0) await verifyNewest(table);
    }
    before.unlink = nothing;
    const last = await removeExpiredVersions(table.tableFolder, { olderThan });
    expect(bytesRemoved + last.bytesRemoved).toBe(whole.bytesRemoved);
    expect(await filesOf(table.tableFolder)).toEqual(files);
    await table.verify([table.newest]);
  });

  it("leaves a table that opens when its process is killed", async () => {
    const table = await busyTable();
    for (let n = 0; n < 30; n++) await table.add({ from: 2_000 + n, count: 1 });
    const versions = table.newest;
    for (let delayMs = 0; delayMs < 20; delayMs += 4) {
      const copy = await table.copyTo(await temporaryFolder());
      await killedRemoval(copy.tableFolder, delayMs);
      await verifyNewest(copy);
      const { refused } = await removeExpiredVersions(copy.tableFolder, { olderThan });
      expect(refused).toBeUndefined();
      await copy.verify([versions]);
      expect(await removeExpiredVersions(copy.tableFolder, { olderThan })).toEqual(nothingRemoved);
    }
  });

  it("forces the newest version to the disk before it removes anything", async () => {
    const table = await busyTable();
    const synced: string[] = [];
    let isRemoving = false;
    before.sync = (path) => {
      expect(isRemoving).toBe(false);
      synced.push(path.slice(table.tableFolder.length + 1));
    };
    before.unlink = () => void (isRemoving = true);
    await removeExpiredVersions(table.tableFolder, { olderThan });
    const staying = (await filesOf(table.tableFolder)).filter((file) => !file.endsWith(".json"));
    expect(synced).toEqual(expect.arrayContaining([...staying, "data", "_deletions", "_indices", "_versions"]));
  });

  it("removes nothing for a time before all versions, nor for one that is none", async () => {
    const table = await busyTable();
    for (const time of [new Date(0), new Date(Number.NaN)])
      expect(await removeExpiredVersions(table.tableFolder, { olderThan: time })).toEqual(nothingRemoved);
    await table.verify([...table.versions.keys()]);
  });

  it("keeps the newest version whatever the clock said when it was made", async () => {
    const table = await busyTable();
    await table.spreadManifestTimes(new Date(Date.now() + 2 * DAY_MS));
    await utimes(manifestPath(table.tableFolder, table.newest), 0, 0);
    await table.age();
    // All others are from the future.
    expect(await removeExpiredVersions(table.tableFolder, { olderThan })).toEqual(nothingRemoved);
    await removeExpiredVersions(table.tableFolder, { olderThan: new Date(8.64e15) });
    await table.verify([table.newest]);
  });

  it("keeps whatever is not LanceDB's own", async () => {
    const table = await busyTable();
    const foreign = [
      "notes.txt",
      "data/notes.lance",
      "data/sub/000010110010001011010011707b3e482883ca5ddf7c4cda10.lance",
      "data/000010110010001011010011707b3e482883ca5ddf7c4cda10.lance.bak",
      "_deletions/0-1-2.txt",
      "_transactions/1-2.txn",
      "_indices/notes/index.idx",
      "_indices/loose.idx",
      "_versions/notes.txt",
      "_blobs/a.blob",
      "_fri/a/stable_partition.lance",
    ];
    const index = (await readFolder(table, "_indices")).find((name) => name !== "notes");
    foreign.push(`_indices/${index}/read me.txt`);
    for (const file of foreign) {
      const path = join(table.tableFolder, file);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, "mine");
    }
    await table.age();
    const { refused } = await removeExpiredVersions(table.tableFolder, { olderThan });
    expect(refused).toBeUndefined();
    expect(await filesOf(table.tableFolder)).toEqual(expect.arrayContaining(foreign));
    await table.verify([table.newest]);
  });

  it("keeps files that no version names until they are an hour old: a commit may be about to name them", async () => {
    const table = await busyTable();
    const index = `_indices/${crypto.randomUUID()}`;
    await mkdir(join(table.tableFolder, index));
    const unnamed = [
      "data/000010110010001011010011707b3e482883ca5ddf7c4cda10.lance",
      "_deletions/0-1-17748156068483957660.arrow",
      `_transactions/3-${crypto.randomUUID()}.txn`,
      `${index}/part_0_docs.lance`,
    ];
    for (const file of unnamed) await writeFile(join(table.tableFolder, file), "12345");
    await removeExpiredVersions(table.tableFolder, { olderThan });
    expect(await filesOf(table.tableFolder)).toEqual(expect.arrayContaining(unnamed));
    await table.age();
    // The folder itself still says that the index is being made.
    const removed = await removeExpiredVersions(table.tableFolder, { olderThan });
    expect(removed).toEqual({ bytesRemoved: 15, versionsRemoved: 0 });
    await utimes(join(table.tableFolder, index), 0, 0);
    expect(await removeExpiredVersions(table.tableFolder, { olderThan })).toMatchObject({ bytesRemoved: 5 });
    expect(await readFolder(table, "_indices")).not.toContain(basename(index));
    await table.verify([table.newest]);
  });

  it("goes on when files vanish meanwhile, and counts what it has removed itself", async () => {
    const table = await busyTable();
    const announced = await removeExpiredVersions(table.tableFolder, { olderThan, dryRun: true });
    let vanished = 0;
    before.unlink = async (path) => {
      if (!path.endsWith(".lance") && !path.includes("1844674407370955161")) return;
      vanished += (await stat(path)).size;
      await rm(path);
    };
    const removed = await removeExpiredVersions(table.tableFolder, { olderThan });
    expect(vanished).toBeGreaterThan(0);
    expect(removed.bytesRemoved).toBe(announced.bytesRemoved - vanished);
    await table.verify([table.newest]);
  });

  it("lets the file system's error out", async () => {
    const table = await busyTable();
    before.unlink = () => {
      throw Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
    };
    await expect(removeExpiredVersions(table.tableFolder, { olderThan })).rejects.toMatchObject({ code: "EROFS" });
    await table.verify([...table.versions.keys()]);
  });

  it("removes an expired version whose manifest is torn", async () => {
    const table = await busyTable();
    await truncate(manifestPath(table.tableFolder, 7), 0);
    await table.age();
    const { versionsRemoved } = await removeExpiredVersions(table.tableFolder, { olderThan });
    expect(versionsRemoved).toBe(table.newest - 1);
    await table.verify([table.newest]);
  });

  describe("removes nothing, and says why,", () => {
    async function refusal(table: TableModel): Promise<string | undefined> {
      const files = await filesOf(table.tableFolder);
      const { refused, ...removed } = await removeExpiredVersions(table.tableFolder, { olderThan });
      expect(removed).toEqual(nothingRemoved);
      expect(await filesOf(table.tableFolder)).toEqual(files);
      return refused;
    }

    it("if there is no table", async () => {
      const { refused } = await removeExpiredVersions(join(await temporaryFolder(), "x.lance"), { olderThan });
      expect(refused).toBe("there is no version of it");
    });

    it("if the newest manifest is torn", async () => {
      const table = await busyTable();
      const newest = manifestPath(table.tableFolder, table.newest);
      const contents = await readFile(newest);
      for (const torn of [contents.subarray(0, 0), contents.subarray(0, -1), Buffer.alloc(contents.length)]) {
        await writeFile(newest, torn);
        expect(await refusal(table)).toBe(`the manifest of its version ${table.newest} is torn`);
      }
    });

    it("if the manifest of another version that stays is torn", async () => {
      const table = await busyTable();
      const path = manifestPath(table.tableFolder, 7);
      await truncate(path, 100);
      await utimes(path, new Date(), new Date(olderThan.getTime() + 1));
      expect(await refusal(table)).toBe("the manifest of its version 7 is torn");
    });

    it.each(["data", "_deletions", "_indices"])(
      "if something of the newest version is missing in %s",
      async (folder) => {
        const table = await busyTable();
        const staying = await table.copyTo(await temporaryFolder());
        await removeExpiredVersions(staying.tableFolder, { olderThan });
        const [name] = await readFolder(staying, folder);
        const path = join(table.tableFolder, folder, name ?? "");
        await rename(path, `${path}.away`);
        expect(await refusal(table)).toBe(`${folder}/${name} of its newest version is missing or cut off`);
        await rename(`${path}.away`, path);
      },
    );

    it.each([0, 100])("if a data file of the newest version was cut off after %i bytes", async (bytes) => {
      const table = await busyTable();
      const staying = await table.copyTo(await temporaryFolder());
      await removeExpiredVersions(staying.tableFolder, { olderThan });
      const [name] = await readFolder(staying, "data");
      await truncate(join(table.tableFolder, "data", name ?? ""), bytes);
      expect(await refusal(table)).toBe(`data/${name} of its newest version is missing or cut off`);
    });

    it.each(["1.manifest", "d17748156068483957660.manifest"])("if there is a manifest %s", async (name) => {
      const table = await busyTable();
      const newest = manifestPath(table.tableFolder, table.newest);
      await copyFile(newest, join(table.tableFolder, "_versions", name));
      expect(await refusal(table)).toBe(`_versions/${name} is of a kind that is not known here`);
    });

    it("if it has tags or branches", async () => {
      const table = await busyTable();
      const opened = await (await connect(table.folder)).openTable("chunks");
      await (await opened.tags()).create("mine", 3);
      expect(await refusal(table)).toBe("it has tags or branches, _refs/tags/mine.json");
      await (await opened.tags()).delete("mine");
      await (await opened.branches()).create("mine");
      expect(await refusal(table)).toBe("it has tags or branches, _refs/branches/mine.json");
      await (await opened.branches()).delete("mine");
    });

    it("if another process commits meanwhile", async () => {
      const table = await busyTable();
      const files = await filesOf(table.tableFolder);
      before.lstat = async () => {
        before.lstat = nothing;
        await table.add({ from: 5_000, count: 1 });
      };
      const { refused } = await removeExpiredVersions(table.tableFolder, { olderThan });
      expect(refused).toBe("another process is writing to it");
      expect(await filesOf(table.tableFolder)).toEqual(expect.arrayContaining(files));
    });
  });
});

/** Old versions may miss files, or not be there. */
async function verifyNewest(table: TableModel): Promise<void> {
  const db = await connect(table.folder);
  const opened = await db.openTable("chunks");
  expect(await opened.version()).toBe(table.newest);
  expect(await opened.query().select(["vector"]).toArray()).toHaveLength(table.versions.get(table.newest)?.size ?? 0);
  expect(await opened.search("every", "fts", "terms").limit(10_000).toArray()).toHaveLength(await opened.countRows());
  db.close();
}

async function killedRemoval(tableFolder: string, delayMs: number): Promise<void> {
  const script = `
    import { removeExpiredVersions } from ${JSON.stringify(new URL("./expired-versions.ts", import.meta.url).href)};
    console.log("begins");
    await removeExpiredVersions(${JSON.stringify(tableFolder)}, { olderThan: new Date(${olderThan.getTime()}) });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  await sleep(delayMs);
  child.kill("SIGKILL");
  await exited;
}

async function readFolder(table: TableModel, folder: string): Promise<string[]> {
  return readdirSync(join(table.tableFolder, folder));
}
