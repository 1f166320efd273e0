import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { ProtobufReader } from "./protobuf-reader.ts";
import { filesIn, ifThere } from "./table-folder.ts";

/*
 * Reads the manifests of a LanceDB table, one for each version, far enough to tell which files a version consists of.
 * The format is that of Lance 12, https://github.com/lance-format/lance: `protos/table.proto`, from which the numbers of
 * fields below are, and `rust/lance-table/src/io/manifest.rs`.
 */

/** The file of a version's manifest. */
export interface ManifestFile {
  readonly version: number;
  /** In `_versions`. */
  readonly name: string;
}

/** What a version of a table consists of. */
export interface Manifest {
  /**
   * Data files, deletion files, the file of the transaction and the folders of indexes, relative to the table's folder
   * and separated by "/".
   */
  readonly names: readonly string[];
  /** Bytes of what has the same place in {@link names}; 0 where the manifest does not say. */
  readonly sizes: readonly number[];
  /** What the version uses that is not known here, so that {@link names} may not be all. */
  readonly unknown: string | undefined;
  /** Whether it names files outside of the table's folder: by any address, also on other machines. */
  readonly hasFilesElsewhere: boolean;
}

/** Names count down from the greatest 64-bit number. */
const manifestName = /^\d{20}\.manifest$/;
const GREATEST_NAME = 2n ** 64n - 1n;

/** The manifests of a table, newest first, and the names of files that seem to be manifests and are not named as such. */
export async function listManifests(tableFolder: string): Promise<{ manifests: ManifestFile[]; strange: string[] }> {
  const manifests: ManifestFile[] = [];
  const strange: string[] = [];
  for await (const name of filesIn(join(tableFolder, "_versions"))) {
    if (!name.endsWith(".manifest")) continue;
    const version = manifestName.test(name) ? GREATEST_NAME - BigInt(name.slice(0, 20)) : 0n;
    if (version > 0n && version <= BigInt(Number.MAX_SAFE_INTEGER)) manifests.push({ version: Number(version), name });
    else strange.push(name);
  }
  return { manifests: manifests.toSorted((a, b) => b.version - a.version), strange };
}

/** Reads a manifest; undefined if it is torn: empty, cut off, or not what its name says. */
export async function readManifest(tableFolder: string, file: ManifestFile): Promise<Manifest | undefined> {
  return parseManifest(await readFile(join(tableFolder, "_versions", file.name)), file.version);
}

/** Reads the manifest of the newest version; undefined if there is none. */
export async function readNewestManifest(
  tableFolder: string,
): Promise<{ readonly contents: Manifest | undefined } | undefined> {
  const [newest] = (await listManifests(tableFolder)).manifests;
  return newest && readManifestIfThere(tableFolder, newest);
}

/** Reads a manifest, whose contents are undefined if it is torn; undefined if another process has removed it since. */
export async function readManifestIfThere(
  tableFolder: string,
  file: ManifestFile,
): Promise<{ readonly contents: Manifest | undefined } | undefined> {
  return ifThere(readManifest(tableFolder, file).then((contents) => ({ contents })));
}

/**
 * Reads the contents of a manifest's file.
 *
 * @returns undefined if it is torn. LanceDB writes no checksums: damage within a name or a number is not noticed.
 */
export function parseManifest(file: Buffer, version: number): Manifest | undefined {
  try {
    const footer = file.length - FOOTER_BYTES;
    if (footer < 0 || file.toString("latin1", file.length - MAGIC.length) !== MAGIC) return undefined;
    const position = file.readBigUInt64LE(footer);
    const message = section(file, position, footer);
    if (position + BigInt(LENGTH_BYTES + message.length) !== BigInt(footer)) return undefined;
    const reading = new ManifestReading();
    reading.manifest(message, file.subarray(0, Number(position)));
    return reading.version === BigInt(version) ? reading : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const MAGIC = "LANC";
/** Position of the manifest's message, version of the format, magic. */
const FOOTER_BYTES = 16;
/** Before each message. */
const LENGTH_BYTES = 4;

/** The message at a position of a file that ends before `end`. */
function section(file: Buffer, position: bigint, end: number): Buffer {
  if (position + BigInt(LENGTH_BYTES) > BigInt(end)) throw new RangeError("A section begins outside of the file.");
  const start = Number(position) + LENGTH_BYTES;
  const length = file.readUInt32LE(start - LENGTH_BYTES);
  if (start + length > end) throw new RangeError("A section ends outside of the file.");
  return file.subarray(start, start + length);
}

/** Feature flags that bring no further files: deletion files, stable row ids, format 2, config, no transaction files. */
const KNOWN_FLAGS = 0b10_1111n;
/** Endings of deletion files by their type. */
const DELETION_ENDINGS = ["arrow", "bin"];
const UUID_BYTES = 16;

/** Collects the names of one manifest, message by message; each method reads one message of `table.proto`. */
class ManifestReading implements Manifest {
  readonly names: string[] = [];
  readonly sizes: number[] = [];
  unknown: string | undefined;
  hasFilesElsewhere = false;
  version = 0n;

  manifest(message: Buffer, sections: Buffer): void {
    for (const reader = new ProtobufReader(message); reader.next();) {
      if (reader.field === 2) this.#fragment(reader.bytes());
      else if (reader.field === 3) this.version = reader.number();
      else if (reader.field === 6) this.#indexes(section(sections, reader.number(), sections.length));
      else if (reader.field === 9 || reader.field === 10) this.#flags(reader.number());
      else if (reader.field === 12) this.#name(`_transactions/${reader.text()}`);
      else if (reader.field === 18) this.#isElsewhere();
      else if (reader.field === 20) this.#isUnknown("branches");
      else this.#atMost(21, reader.field, "Manifest");
    }
  }

  #flags(flags: bigint): void {
    if ((flags & ~KNOWN_FLAGS) !== 0n) this.#isUnknown(`feature flags ${flags}`);
  }

  #fragment(message: Buffer): void {
    let id = 0n;
    let files = 0;
    let deletionFile: Buffer | undefined;
    for (const reader = new ProtobufReader(message); reader.next();) {
      if (reader.field === 1) id = reader.number();
      else if (reader.field === 2) files += this.#dataFile(reader.bytes());
      else if (reader.field === 3) deletionFile = reader.bytes();
      // Row ids and row versions are in the manifest itself as long as they are small; no release writes them elsewhere.
      else if (reader.field === 6 || reader.field === 8 || reader.field === 10) this.#isUnknown("files of row ids");
      else if (reader.field === 11) this.#isUnknown("overlay files");
      else this.#atMost(11, reader.field, "DataFragment");
    }
    if (files === 0) this.#isUnknown("fragments without files");
    if (deletionFile !== undefined) this.#deletionFile(id, deletionFile);
  }

  #dataFile(message: Buffer): number {
    let path = "";
    let bytes = 0n;
    for (const reader = new ProtobufReader(message); reader.next();) {
      if (reader.field === 1) path = reader.text();
      else if (reader.field === 6) bytes = reader.number();
      else if (reader.field === 7) this.#isElsewhere();
      else this.#atMost(7, reader.field, "DataFile");
    }
    this.#name(`data/${path}`, Number(bytes));
    return 1;
  }

  #deletionFile(fragment: bigint, message: Buffer): void {
    let [type, readVersion, id] = [0n, 0n, 0n];
    for (const reader = new ProtobufReader(message); reader.next();) {
      if (reader.field === 1) type = reader.number();
      else if (reader.field === 2) readVersion = reader.number();
      else if (reader.field === 3) id = reader.number();
      else if (reader.field === 7) this.#isElsewhere();
      else this.#atMost(7, reader.field, "DeletionFile");
    }
    const ending = DELETION_ENDINGS[Number(type)];
    if (ending === undefined) this.#isUnknown(`deletion files of type ${type}`);
    this.#name(`_deletions/${fragment}-${readVersion}-${id}.${ending}`);
  }

  #indexes(message: Buffer): void {
    for (const reader = new ProtobufReader(message); reader.next();) {
      if (reader.field === 1) this.#index(reader.bytes());
      else this.#atMost(1, reader.field, "IndexSection");
    }
  }

  #index(message: Buffer): void {
    let uuid: Buffer = Buffer.alloc(0);
    for (const reader = new ProtobufReader(message); reader.next();) {
      if (reader.field === 1) uuid = bytesOfUuid(reader.bytes());
      else if (reader.field === 9) this.#isElsewhere();
      else this.#atMost(11, reader.field, "IndexMetadata");
    }
    if (uuid.length !== UUID_BYTES) throw new RangeError("An index has no name.");
    const hex = uuid.toString("hex");
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
    this.#name(`_indices/${parts.join("-")}`);
  }

  #name(name: string, bytes = 0): void {
    this.names.push(name);
    this.sizes.push(bytes);
  }

  /** Fields that a newer release has added could name files. */
  #atMost(last: number, field: number, message: string): void {
    if (field > last) this.#isUnknown(`field ${field} of ${message}`);
  }

  #isElsewhere(): void {
    this.hasFilesElsewhere = true;
    this.#isUnknown("files in other folders");
  }

  #isUnknown(what: string): void {
    this.unknown ??= what;
  }
}

function bytesOfUuid(message: Buffer): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (const reader = new ProtobufReader(message); reader.next();) if (reader.field === 1) bytes = reader.bytes();
  return bytes;
}
