import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Numbers from 0 to 1 (Mulberry32), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const FOLDERS = ["", "src", "src/deep/er", "notes"];

/** Writes so many files, of `lines` lines on average, no two of which are alike. */
export async function writeWorkspace(
  workspace: string,
  { files, lines, random }: { readonly files: number; readonly lines: number; readonly random: () => number },
): Promise<void> {
  for (const folder of FOLDERS) await mkdir(join(workspace, folder), { recursive: true });
  for (let n = 0; n < files; n++) await writeNewFile(workspace, Math.floor(2 * lines * random()), random);
}

/** Edits some files (also to the same size, also to nothing), deletes, renames, copies and touches some, adds some. */
export async function changeWorkspace(workspace: string, random: () => number): Promise<void> {
  const paths = await pathsOf(workspace);
  const some = (): string => paths.splice(Math.floor(random() * paths.length), 1)[0] ?? "";
  const at = (path: string) => join(workspace, path);
  for (let n = 0; n < 4; n++) {
    const path = some();
    const text = await readFile(at(path), "utf8");
    const cut = Math.floor(random() * text.length);
    await writeFile(at(path), text.slice(0, cut) + source(20 * random(), random));
  }
  const [sameSize, emptied, deleted, renamed, copied, touched] = [some(), some(), some(), some(), some(), some()];
  const digits = (await readFile(at(sameSize), "utf8")).replaceAll(/\d/g, (digit) => String(9 - Number(digit)));
  await writeFile(at(sameSize), digits);
  await writeFile(at(emptied), "");
  await rm(at(deleted));
  await rename(at(renamed), at(newPath(random)));
  await writeFile(at(newPath(random)), await readFile(at(copied)));
  await utimes(at(touched), new Date(), new Date());
  for (let n = 0; n < 3; n++) await writeNewFile(workspace, 40 * random(), random);
}

/** The hash of every file's content, as the index has it, by path. */
export async function hashesOf(workspace: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const path of await pathsOf(workspace)) {
    const content = await readFile(join(workspace, path));
    hashes.set(path, createHash("sha256").update(content).digest("hex").slice(0, 32));
  }
  return hashes;
}

async function pathsOf(workspace: string): Promise<string[]> {
  const entries = await readdir(workspace, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".resona"))
    .map((entry) => relative(workspace, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .toSorted();
}

async function writeNewFile(workspace: string, lines: number, random: () => number): Promise<void> {
  const path = newPath(random);
  await writeFile(join(workspace, path), source(lines, random));
}

function newPath(random: () => number): string {
  const folder = FOLDERS[Math.floor(random() * FOLDERS.length)] ?? "";
  // None that needs a parser, which takes most of a second to load.
  return join(folder, `f${unique(random)}.${random() < 0.5 ? "md" : "txt"}`);
}

/** No two texts share a line, all have a word in common. */
function source(lines: number, random: () => number): string {
  const version = unique(random);
  const line = (n: number) => `Line ${n} of ${version} tells of a harbour and of the ships in it.\n`;
  return Array.from({ length: Math.ceil(lines) }, (_, n) => line(n)).join("");
}

/** A number that is not drawn twice, as far as chance goes. */
function unique(random: () => number): number {
  return Math.floor(random() * 1e9);
}
