import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { protobufMessage, type TestField } from "./protobuf.test-helper.ts";
import { listManifests, parseManifest, readManifest } from "./table-manifests.ts";
import { filesOf, manifestPath, TableModel } from "./table-model.test-helper.ts";

/** A manifest's file around a message, with a section of indexes at its beginning. */
function manifestFile(message: Buffer, indexes: Buffer = Buffer.alloc(0)): Buffer {
  const position = Buffer.alloc(8);
  position.writeBigUInt64LE(BigInt(indexes.length + 4));
  return Buffer.concat([
    withLength(indexes),
    withLength(message),
    position,
    Buffer.from([0, 0, 2, 0]),
    Buffer.from("LANC"),
  ]);
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(message.length);
  return Buffer.concat([length, message]);
}

const dataFile: TestField = [2, protobufMessage([1, "a.lance"])];
const version: TestField = [3, 7n];

describe("listManifests", () => {
  it("lists versions newest first, and apart what is named otherwise", async () => {
    const table = await TableModel.create(await temporaryFolder(), 10, []);
    for (let n = 0; n < 11; n++) await table.add({ from: 100 + n, count: 1 });
    const newest = manifestPath(table.tableFolder, 12);
    for (const name of ["1.manifest", "d5.manifest", "99999999999999999999.manifest", "18446744073709551615.manifest"])
      await copyFile(newest, join(table.tableFolder, "_versions", name));
    await copyFile(newest, `${newest}#1`);
    const { manifests, strange } = await listManifests(table.tableFolder);
    expect(manifests.map((manifest) => manifest.version)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(manifests[0]?.name).toBe("18446744073709551603.manifest");
    expect(strange.toSorted()).toEqual([
      "1.manifest",
      "18446744073709551615.manifest",
      "99999999999999999999.manifest",
      "d5.manifest",
    ]);
  });

  it("lists nothing where there is no table", async () => {
    expect(await listManifests(join(await temporaryFolder(), "x.lance"))).toEqual({ manifests: [], strange: [] });
  });
});

describe("readManifest", () => {
  it("names every file that a table consists of, and no other", async () => {
    const table = await TableModel.create(await temporaryFolder());
    for (let n = 0; n < 3; n++) {
      await table.add({ from: 1_000 + n * 10, count: 10 });
      // Few rows give deletion files of one kind, many of the other.
      await table.delete({ from: n * 120, count: n === 2 ? 110 : 3 });
      await table.upsert({ from: 100 + n * 5, count: 10 });
      if (n === 1) await table.optimize();
    }
    const named = new Set<string>();
    for (const manifest of (await listManifests(table.tableFolder)).manifests) {
      const contents = await readManifest(table.tableFolder, manifest);
      expect(contents?.unknown).toBeUndefined();
      for (const [n, name] of contents?.names.entries() ?? []) {
        named.add(name);
        const bytes = name.startsWith("data/") ? (await stat(join(table.tableFolder, name))).size : 0;
        expect(contents?.sizes[n]).toBe(bytes);
      }
    }
    const files = (await filesOf(table.tableFolder)).filter((file) => !file.startsWith("_versions/"));
    const units = new Set(files.map((file) => (file.startsWith("_indices/") ? file.slice(0, 45) : file)));
    expect([...named].toSorted()).toEqual([...units].toSorted());
    expect(files.some((file) => file.endsWith(".arrow"))).toBe(true);
  });

  it("finds a manifest torn wherever it was cut off or filled with zeros", async () => {
    const table = await TableModel.create(await temporaryFolder(), 300, ["btree", "full-text"]);
    await table.delete({ from: 3, count: 1 });
    const file = await readFile(manifestPath(table.tableFolder, table.newest));
    expect(parseManifest(file, table.newest)).toBeDefined();
    for (let length = 0; length < file.length; length++) {
      expect(parseManifest(file.subarray(0, length), table.newest)).toBeUndefined();
      const zeros = Buffer.concat([file.subarray(0, length), Buffer.alloc(file.length - length)]);
      expect(parseManifest(zeros, table.newest)).toBeUndefined();
    }
  });

  it("gives no other error for damaged contents", async () => {
    const table = await TableModel.create(await temporaryFolder(), 300, ["btree"]);
    const file = await readFile(manifestPath(table.tableFolder, table.newest));
    const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = Buffer.from(file);
        for (const [at, byte] of changes) damaged[at] = byte;
        expect(parseManifest(damaged, table.newest)?.names ?? []).toBeInstanceOf(Array);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes a manifest for torn whose version is not that of its name", async () => {
    const table = await TableModel.create(await temporaryFolder(), 10, []);
    await writeFile(manifestPath(table.tableFolder, 5), await readFile(manifestPath(table.tableFolder, 1)));
    const { manifests } = await listManifests(table.tableFolder);
    expect(await Promise.all(manifests.map((manifest) => readManifest(table.tableFolder, manifest)))).toMatchObject([
      undefined,
      { unknown: undefined },
    ]);
  });

  it("builds the names of deletion files from all 64 bits, and leaves out what is zero as the format does", () => {
    const deletionFile = protobufMessage([1, 1n], [2, 4n], [3, 17_748_156_068_483_957_660n]);
    const fragments: TestField[] = [
      [2, protobufMessage([1, 9n], dataFile, [3, deletionFile])],
      [2, protobufMessage(dataFile, [3, protobufMessage([3, 1n])])],
    ];
    expect(parseManifest(manifestFile(protobufMessage(...fragments, version)), 7)?.names).toEqual([
      "data/a.lance",
      "_deletions/9-4-17748156068483957660.bin",
      "data/a.lance",
      "_deletions/0-0-1.arrow",
    ]);
  });

  it.each([
    ["feature flags for readers", "feature flags 67", protobufMessage(version, [9, 64n | 3n])],
    ["feature flags for writers", "feature flags 2048", protobufMessage(version, [10, 2_048n])],
    ["other folders", "files in other folders", protobufMessage(version, [18, protobufMessage([1, 1n])])],
    ["a branch", "branches", protobufMessage(version, [20, "mine"])],
    ["a field of a later format", "field 22 of Manifest", protobufMessage(version, [22, 1n])],
    ["a fragment of no files", "fragments without files", fragment([1, 1n])],
    ["row ids in a file", "files of row ids", fragment(dataFile, [6, protobufMessage([1, "ids"])])],
    ["row versions in a file", "files of row ids", fragment(dataFile, [8, protobufMessage([1, "ids"])])],
    ["overlays", "overlay files", fragment(dataFile, [11, protobufMessage(dataFile)])],
    ["a field of a later fragment", "field 12 of DataFragment", fragment(dataFile, [12, 1n])],
    ["a data file elsewhere", "files in other folders", fragment([2, protobufMessage([1, "a.lance"], [7, 0n])])],
    ["a field of a later data file", "field 8 of DataFile", fragment([2, protobufMessage([1, "a.lance"], [8, 0n])])],
    ["a deletion file elsewhere", "files in other folders", fragment(dataFile, [3, protobufMessage([7, 0n])])],
    ["a deletion file of a later type", "deletion files of type 2", fragment(dataFile, [3, protobufMessage([1, 2n])])],
  ])("says that %s is not known", (_, unknown, message) => {
    expect(parseManifest(manifestFile(message), 7)?.unknown).toBe(unknown);
  });

  function fragment(...fields: readonly TestField[]): Buffer {
    return protobufMessage([2, protobufMessage(...fields)], version);
  }

  it("reads indexes from their own section, and says what is not known there", () => {
    const uuid: TestField = [1, protobufMessage([1, Buffer.from("000102030405060708090a0b0c0d0e0f", "hex")])];
    const read = (...index: readonly TestField[]) =>
      parseManifest(
        manifestFile(protobufMessage(version, [6, 0n]), protobufMessage([1, protobufMessage(...index)])),
        7,
      );
    expect(read(uuid)).toMatchObject({ names: ["_indices/00010203-0405-0607-0809-0a0b0c0d0e0f"], unknown: undefined });
    expect(read(uuid, [9, 0n])?.unknown).toBe("files in other folders");
    expect(read(uuid, [12, 0n])?.unknown).toBe("field 12 of IndexMetadata");
    expect(read([1, protobufMessage([1, "short"])])).toBeUndefined();
    expect(read([3, "no uuid"])).toBeUndefined();
  });

  it.each([
    ["indexes beyond the section", protobufMessage(version, [6, 10_000n])],
    ["indexes where the manifest is", protobufMessage(version, [6, 3n])],
  ])("takes a manifest for torn that says to find %s", (_, message) => {
    expect(parseManifest(manifestFile(message), 7)).toBeUndefined();
  });
});
