import { rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";

import { syncPath } from "./sync-files.ts";
import { entriesOf, filesIn, foldersIn, ifThere, RECENT_MS, statIfThere } from "./table-folder.ts";
import {
  listManifests,
  type Manifest,
  type ManifestFile,
  readManifest,
  readManifestIfThere,
} from "./table-manifests.ts";

/** What the removal of expired versions has freed, or would free. */
export interface ExpiredVersions {
  readonly bytesRemoved: number;
  readonly versionsRemoved: number;
  /** Why nothing may be removed; completes the sentence "Old versions of the table are kept because …". */
  readonly refused?: string;
}

export interface ExpiryOptions {
  /**
   * Versions whose manifest was written before this time expire, except for the newest one. The time is that of the
   * manifest's file, which neither a copy nor a restored backup makes older.
   */
  readonly olderThan: Date;
  /** Changes nothing, says what would be removed. False by default. */
  readonly dryRun?: boolean;
}

/**
 * Removes expired versions of a LanceDB table: their manifests, and the data files, deletion files, indexes and
 * transaction files that no other version names. It writes nothing, so it also works on a full disk, where LanceDB's
 * `optimize` fails because it compacts first.
 *
 * Removing is for the holder of the writer's lock. All the same, whatever a commit without the lock might be about to
 * name is kept, by LanceDB's own rule: a file goes only if an expired version names it, or if no version does and it is
 * {@link RECENT_MS} old (LanceDB, which knows no lock, waits for seven days). What is not understood is kept, and nothing
 * goes at all if a version that stays cannot be read or has parts that are not known here, or if files of the newest
 * version are missing or cut off.
 *
 * It can be killed at any moment and called again. Manifests go last, oldest first: until then they prove that the files
 * they name were committed. A table opens by its newest manifest alone, of which nothing goes; and before the first
 * file goes, the versions that stay are forced to the disk, lest a power cut takes both.
 *
 * @param tableFolder `<index>/<table>.lance`.
 * @throws the file system's error if something cannot be read or removed.
 */
export async function removeExpiredVersions(
  tableFolder: string,
  { olderThan, dryRun = false }: ExpiryOptions,
): Promise<ExpiredVersions> {
  try {
    const plan = await planRemoval(tableFolder, olderThan.getTime());
    return dryRun ? totalOf(plan) : await carryOut(tableFolder, plan);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { bytesRemoved: 0, versionsRemoved: 0, refused: error.message };
  }
}

class Refusal extends Error {}

/** A file, by its path in the table's folder. */
interface SizedFile {
  readonly path: string;
  readonly bytes: number;
}

/** What manifests name as one: a file, or the folder of an index. */
interface Unit {
  readonly name: string;
  readonly files: readonly SizedFile[];
  /** Last change of any part of it. */
  readonly changedMs: number;
}

interface Plan {
  readonly units: readonly Unit[];
  /** Of expired versions, oldest first. */
  readonly manifests: readonly SizedFile[];
  readonly newest: ManifestFile;
  /** What the versions that stay consist of. */
  readonly kept: ReadonlySet<string>;
}

async function planRemoval(tableFolder: string, olderThanMs: number): Promise<Plan> {
  await refuseTagsAndBranches(tableFolder);
  const [newest, ...older] = await manifestsOf(tableFolder);
  if (newest === undefined) throw new Refusal("there is no version of it");
  const { names, sizes } = await contentsOf(tableFolder, newest);
  const missing = new Map(names.map((name, n) => [name, sizes[n] ?? 0]));
  const kept = new Set(names);
  const expired: (ManifestFile & SizedFile)[] = [];
  for (const manifest of older) {
    const path = `_versions/${manifest.name}`;
    const stats = await statIfThere(join(tableFolder, path));
    if (stats === undefined) continue;
    if (stats.mtimeMs < olderThanMs) expired.push({ ...manifest, path, bytes: stats.size });
    else for (const name of (await contentsOf(tableFolder, manifest)).names) kept.add(name);
  }
  const unnamed: Unit[] = [];
  for await (const { name, own } of partsOf(tableFolder)) {
    const bytes = missing.get(name);
    if (bytes === 0 || (bytes !== undefined && bytes === (await statIfThere(join(tableFolder, name)))?.size))
      missing.delete(name);
    if (own !== undefined && !kept.has(name)) unnamed.push(await measured(tableFolder, name, own));
  }
  for (const name of missing.keys())
    // The file of a transaction repeats what is in the manifest.
    if (!name.startsWith("_transactions/")) throw new Refusal(`${name} of its newest version is missing or cut off`);
  const units = await provenOnly(tableFolder, unnamed, expired);
  const [newestNow] = await manifestsOf(tableFolder);
  if (newestNow?.version !== newest.version) throw new Refusal(beingWritten);
  return { units, manifests: expired.toReversed(), newest, kept };
}

const beingWritten = "another process is writing to it";

/** They pin versions, some in folders of their own; Resona makes neither. */
async function refuseTagsAndBranches(tableFolder: string): Promise<void> {
  for (const folder of ["_refs/tags", "_refs/branches", "tree"])
    for await (const { name } of entriesOf(join(tableFolder, folder)))
      throw new Refusal(`it has tags or branches, ${folder}/${name}`);
}

async function manifestsOf(tableFolder: string): Promise<ManifestFile[]> {
  const { manifests, strange } = await listManifests(tableFolder);
  if (strange[0] !== undefined) throw new Refusal(`_versions/${strange[0]} is of a kind that is not known here`);
  return manifests;
}

/** What the manifest of a version that stays says. */
async function contentsOf(tableFolder: string, manifest: ManifestFile): Promise<Manifest> {
  const found = await readManifestIfThere(tableFolder, manifest);
  if (found === undefined) throw new Refusal(beingWritten);
  const { contents } = found;
  if (contents === undefined) throw new Refusal(`the manifest of its version ${manifest.version} is torn`);
  if (contents.unknown !== undefined)
    throw new Refusal(`its version ${manifest.version} has ${contents.unknown}, which is not known here`);
  return contents;
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
/** LanceDB's names of files, by their folder; files of other names are not its own. */
const ownFiles = new Map([
  ["data", /^[01]{24}[0-9a-f]{26}\.lance$/],
  ["_deletions", /^\d+-\d+-\d+\.(arrow|bin)$/],
  ["_transactions", new RegExp(`^\\d+-${uuid}\\.txn$`)],
]);
const ownIndex = new RegExp(`^${uuid}$`);
const ownIndexFile = /^\w+\.(lance|idx|binpb)$/;

/** All that manifests can name, with the paths of the files of it that are LanceDB's own; undefined if it is not at all. */
async function* partsOf(tableFolder: string): AsyncGenerator<{ name: string; own: string[] | undefined }> {
  for (const [folder, isOwn] of ownFiles)
    for await (const file of filesIn(join(tableFolder, folder))) {
      const name = `${folder}/${file}`;
      yield { name, own: isOwn.test(file) ? [name] : undefined };
    }
  for await (const index of foldersIn(join(tableFolder, "_indices"))) {
    const name = `_indices/${index}`;
    const own: string[] = [];
    for await (const file of filesIn(join(tableFolder, name))) if (ownIndexFile.test(file)) own.push(`${name}/${file}`);
    yield { name, own: ownIndex.test(index) ? own : undefined };
  }
}

async function measured(tableFolder: string, name: string, own: readonly string[]): Promise<Unit> {
  const files: SizedFile[] = [];
  let changedMs = 0;
  // The folder of an index changes when a file is made in it.
  for (const path of new Set([name, ...own])) {
    const stats = await statIfThere(join(tableFolder, path));
    if (stats?.isFile() === true) files.push({ path, bytes: stats.size });
    changedMs = Math.max(changedMs, stats?.mtimeMs ?? 0);
  }
  return { name, files, changedMs };
}

/** Without what was changed recently and is not named by an expired version: a commit under way may be about to. */
async function provenOnly(
  tableFolder: string,
  units: readonly Unit[],
  expired: readonly ManifestFile[],
): Promise<Unit[]> {
  const unproven = new Set(units.filter(({ changedMs }) => isRecent(changedMs)).map(({ name }) => name));
  for (const manifest of expired) {
    if (unproven.size === 0) break;
    const contents = await ifThere(readManifest(tableFolder, manifest));
    for (const name of contents?.names ?? []) unproven.delete(name);
  }
  return units.filter(({ name }) => !unproven.has(name));
}

/** So is a time to come: the clock was set back. */
function isRecent(timeMs: number): boolean {
  return Date.now() - timeMs < RECENT_MS;
}

function totalOf({ units, manifests }: Plan): ExpiredVersions {
  const files = [...units.flatMap((unit) => unit.files), ...manifests];
  return {
    bytesRemoved: files.reduce((sum, { bytes }) => sum + bytes, 0),
    versionsRemoved: manifests.length,
  };
}

async function carryOut(tableFolder: string, plan: Plan): Promise<ExpiredVersions> {
  const { units, manifests } = plan;
  if (units.length > 0 || manifests.length > 0) await syncKept(tableFolder, plan);
  let [bytesRemoved, versionsRemoved] = [0, 0];
  for (const { name, files } of units) {
    for (const file of files) if (await remove(tableFolder, file)) bytesRemoved += file.bytes;
    if (name.startsWith("_indices/")) await removeIfEmpty(join(tableFolder, name));
  }
  for (const manifest of manifests)
    if (await remove(tableFolder, manifest)) {
      bytesRemoved += manifest.bytes;
      versionsRemoved++;
    }
  return { bytesRemoved, versionsRemoved };
}

/** Forces the newest version, and what has changed recently of the others that stay, to the disk. */
async function syncKept(tableFolder: string, { newest, kept }: Plan): Promise<void> {
  for (const name of [`_versions/${newest.name}`, ...kept]) {
    const path = join(tableFolder, name);
    const isIndex = name.startsWith("_indices/");
    if (isIndex) for await (const file of filesIn(path)) await syncIfRecent(join(path, file), false);
    await syncIfRecent(path, isIndex);
  }
  for (const folder of ["data", "_deletions", "_indices", "_versions"])
    await syncIfRecent(join(tableFolder, folder), true);
}

async function syncIfRecent(path: string, isFolder: boolean): Promise<void> {
  const stats = await statIfThere(path);
  if (stats !== undefined && isRecent(stats.mtimeMs)) await ifThere(syncPath(path, isFolder));
}

/** False if the file is gone already. */
async function remove(tableFolder: string, { path }: SizedFile): Promise<boolean> {
  return (await ifThere(unlink(join(tableFolder, path)).then(() => true))) ?? false;
}

/** A folder that holds files of others stays. */
async function removeIfEmpty(folder: string): Promise<void> {
  await ifThere(rmdir(folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}
