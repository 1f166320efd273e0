import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { resonaError } from "../errors.ts";
import type { IndexedModel } from "../model/indexed-model.ts";
import { translateStoreError } from "./lance-errors.ts";
import { schemaVersion } from "./schema.ts";
import { syncPath } from "./sync-files.ts";

/** What an index is made of: the files of a workspace, or items that an application gave it. */
export type IndexContents = "workspace" | "items";

/** What an index says of itself, in `index.json`. */
export interface IndexManifest {
  readonly format: "resona-index";
  readonly schemaVersion: number;
  readonly contents: IndexContents;
  /** Everything that forces a rebuild when it changes, by name. */
  readonly fingerprint: Readonly<Record<string, string | number>>;
  /** Absent in an index of a Resona that knew the built-in model only. */
  readonly model?: IndexedModel;
  /** Absent for items. */
  readonly workspace?: string;
  /** `writing` from before a run's first commit until its end: found at the start of a run, it means a crash. */
  readonly state: "clean" | "writing";
  /** ISO 8601, end of the last completed run. */
  readonly lastIndexedAt?: string;
}

/** What an index was made with. */
export type IndexedAs = Pick<IndexManifest, "fingerprint" | "model">;

export type IndexFolderState =
  | { readonly kind: "missing" }
  /** Made by Resona and not finished, or by a version whose records this one no longer reads: to be built anew. */
  | { readonly kind: "unusable"; readonly why: string; readonly indexed?: IndexedAs }
  | { readonly kind: "ready"; readonly manifest: IndexManifest };

const MANIFEST = "index.json";
/** What is there before a first run has written anything. */
const furniture =
  /^(\.gitignore|writer\.(lock|json)|takeover\.lock|(maintenance|checkpoint|history)\.json(\.new)?|quarantine|commits)$/;
/** What is said of tables that are gone with them. */
const derived = ["maintenance.json", "checkpoint.json", "history.json", "quarantine"];
/** What a run writes before its manifest. A folder without a manifest and with anything else is foreign. */
const beginnings = /^(index\.json\.new|(chunks|files)\.lance)$/;

/**
 * Looks at the folder of an index without changing it.
 *
 * @throws ResonaError INDEX_FOREIGN when something else lives there, INDEX_FROM_FUTURE when a newer Resona wrote it.
 */
export async function inspectIndexFolder(folder: string): Promise<IndexFolderState> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") throw resonaError("INDEX_FOREIGN", { path: folder }, error);
    throw resonaError("INDEX_NOT_READABLE", { path: folder }, error);
  });
  const contents = entries.filter((name) => !furniture.test(name));
  if (contents.length === 0) return { kind: "missing" };
  if (!contents.includes(MANIFEST)) {
    if (contents.every((name) => beginnings.test(name))) return { kind: "unusable", why: "it was never finished" };
    throw resonaError("INDEX_FOREIGN", { path: folder });
  }
  const manifest = parseManifest(await readFile(join(folder, MANIFEST), "utf8").catch(() => ""));
  if (manifest === undefined) return { kind: "unusable", why: "its index.json cannot be read" };
  if (manifest.format !== "resona-index") throw resonaError("INDEX_FOREIGN", { path: folder });
  if (manifest.schemaVersion > schemaVersion)
    throw resonaError("INDEX_FROM_FUTURE", { path: folder, found: manifest.schemaVersion, known: schemaVersion });
  if (manifest.schemaVersion < schemaVersion)
    return {
      kind: "unusable",
      why: `its format is version ${manifest.schemaVersion}, now ${schemaVersion}`,
      indexed: manifest,
    };
  return { kind: "ready", manifest };
}

/**
 * Makes the folder of an index, hidden from git by a `.gitignore` of its own; one that is there already stays.
 *
 * @throws ResonaError INDEX_NOT_WRITABLE, DISK_FULL; so do the two below.
 */
export async function createIndexFolder(folder: string): Promise<void> {
  await translated(folder, async () => {
    await makeFolder(folder);
    await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  });
}

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never returns where a file system refuses with
 * "no such file" although the folder above is there, as `/proc` does.
 */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder && !existsSync(parent)) await makeFolder(parent);
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** Removes the tables and the manifest, and nothing that is not Resona's. */
export async function clearIndexFolder(folder: string): Promise<void> {
  await translated(folder, async () => {
    for (const name of [MANIFEST, "chunks.lance", "files.lance", ...derived])
      await rm(join(folder, name), { recursive: true, force: true });
  });
}

/** Replaces the manifest atomically and durably. */
export async function writeManifest(folder: string, manifest: IndexManifest): Promise<void> {
  await translated(folder, async () => {
    const target = join(folder, MANIFEST);
    await writeFile(`${target}.new`, `${JSON.stringify(manifest, undefined, 2)}\n`, { flush: true });
    await rename(`${target}.new`, target);
    await syncPath(folder, true);
  });
}

/**
 * Whether tables may show a commit that is only half written, to a reader that is up to `slackMs` behind: between a
 * run's first commit and its end, for a moment after it, and after a crash in between.
 */
export async function mayBeHalfWritten(folder: string, slackMs: number): Promise<boolean> {
  const changedAt = await stat(join(folder, MANIFEST)).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (Date.now() - changedAt < slackMs) return true;
  const state = await inspectIndexFolder(folder);
  return state.kind !== "ready" || state.manifest.state === "writing";
}

async function translated(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw translateStoreError(error, folder);
  }
}

function parseManifest(text: string): IndexManifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const manifest = value as IndexManifest;
    // A JSON file that is not ours is judged by its `format`; one that claims to be ours must be whole.
    if (manifest.format !== "resona-index") return manifest;
    const { fingerprint, workspace, contents, state, model } = manifest;
    const whole =
      Number.isInteger(manifest.schemaVersion) &&
      // The first format held workspaces only and did not say so.
      (contents === "items" || contents === "workspace" || manifest.schemaVersion === 1) &&
      typeof fingerprint === "object" &&
      (fingerprint as unknown) !== null &&
      (contents === "items" || typeof workspace === "string") &&
      (model === undefined || typeof model.name === "string") &&
      (state === "clean" || state === "writing");
    return whole ? manifest : undefined;
  } catch {
    return undefined;
  }
}
