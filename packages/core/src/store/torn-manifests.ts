import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";

import { resonaError } from "../errors.ts";
import { syncPath } from "./sync-files.ts";
import { listManifests, type ManifestFile, readManifestIfThere, readNewestManifest } from "./table-manifests.ts";

/*
 * LanceDB forces nothing to the disk, so a power cut can leave the manifest of a version empty, cut off or full of zeros.
 * If it is the newest, the table does not open, and LanceDB does not try the one before. Worse, one full of zeros opens
 * as an empty table without columns, without any error. If it is an older one, the table opens, and LanceDB can neither
 * list its versions nor maintain it ever again.
 */

/** In the table's folder, so that it goes when the table goes; LanceDB knows only its own folders in there. */
const QUARANTINE = "quarantine";

/** What the healing of a table has done. */
export interface HealedTable {
  /** Torn manifests that were moved aside, by their new paths in the table's folder; none if nothing was torn. */
  readonly quarantined: readonly string[];
  /** The version that the table now opens at. */
  readonly version: number;
}

/**
 * Whether the newest manifest of a table is torn, so that the table must not be opened. Reads that one file whole, as
 * opening does: its length and its footer may be as they should be, and zeros between them. False if there is none.
 *
 * @param tableFolder `<index>/<table>.lance`.
 */
export async function isNewestManifestTorn(tableFolder: string): Promise<boolean> {
  const newest = await readNewestManifest(tableFolder);
  return newest !== undefined && newest.contents === undefined;
}

/**
 * Moves torn manifests aside, so that the table opens at its newest whole version and can be maintained again. What was
 * committed later is lost; whole manifests are never moved. For the holder of the writer's lock. The files of a whole
 * version may be damaged all the same, which only reading them shows.
 *
 * @param tableFolder `<index>/<table>.lance`.
 * @throws ResonaError INDEX_DAMAGED, with nothing moved, if no manifest is whole; the file system's error if one cannot
 *   be read or moved.
 */
export async function healTornManifests(tableFolder: string): Promise<HealedTable> {
  const { manifests } = await listManifests(tableFolder);
  const torn: ManifestFile[] = [];
  let whole: ManifestFile | undefined;
  for (const manifest of manifests)
    if (await isTorn(tableFolder, manifest)) torn.push(manifest);
    else whole ??= manifest;
  if (whole === undefined) throw resonaError("INDEX_DAMAGED", { path: tableFolder, detail: "no version can be read" });
  const quarantined: string[] = [];
  for (const manifest of torn) quarantined.push(await moveAside(tableFolder, manifest));
  return { quarantined, version: whole.version };
}

async function isTorn(tableFolder: string, manifest: ManifestFile): Promise<boolean> {
  const found = await readManifestIfThere(tableFolder, manifest);
  return found !== undefined && found.contents === undefined;
}

async function moveAside(tableFolder: string, { name }: ManifestFile): Promise<string> {
  const folder = join(tableFolder, QUARANTINE);
  await mkdir(folder, { recursive: true });
  // The next version takes the number of a torn one, and may be torn as well.
  let target = name;
  for (let n = 2; existsSync(join(folder, target)); n++) target = `${name}.${n}`;
  await rename(join(tableFolder, "_versions", name), join(folder, target));
  await syncPath(folder, true);
  await syncPath(join(tableFolder, "_versions"), true);
  return `${QUARANTINE}/${target}`;
}
