import { open } from "node:fs/promises";
import { join } from "node:path";

import type { Finding } from "../../model/finding.ts";
import { filesIn, ifThere } from "../../store/table-folder.ts";
import { listManifests, readManifest } from "../../store/table-manifests.ts";
import { counted } from "../../support/quantities.ts";
import type { Remedies } from "../remedies.ts";
import { listed } from "../sentences.ts";

/** What is wrong with a file of a table's newest version, by its path in the table's folder. */
interface DamagedFile {
  readonly path: string;
  readonly fault: "missing" | "cut off";
}

/** Every format says at its end what it is; a file that was cut off, or never reached the disk, does not. */
const endings: readonly (readonly [RegExp, string])[] = [
  [/\.(lance|idx)$/, "LANC"],
  [/\.arrow$/, "ARROW1"],
];
/** A cleanup by another process may remove the version that is being looked at. */
const ATTEMPTS = 3;

/** Are the files there that the newest version consists of, and complete as far as their ends tell? */
export async function checkTableFiles(table: string, tableFolder: string, remedies: Remedies): Promise<Finding[]> {
  const damaged = await damagedFiles(tableFolder);
  const indexes = damaged.filter(({ path }) => path.startsWith("_indices/")).map(spoken);
  const data = damaged.filter(({ path }) => !path.startsWith("_indices/"));
  const missing = data.filter(({ fault }) => fault === "missing").map(({ path }) => path);
  const cut = data.filter(({ fault }) => fault === "cut off").map(({ path }) => path);
  const findings: Finding[] = [];
  const found = (code: Finding["code"], sentence: string, remedy: keyof Remedies) =>
    findings.push({ code, severity: "error", sentence, remedy: remedies[remedy] });
  if (missing.length > 0)
    found(
      "DATA_MISSING",
      `The table ${table} lacks ${counted(missing.length, "file")}: ${listed(missing)}.`,
      "restore",
    );
  if (cut.length > 0)
    found("DATA_CORRUPT", `The table ${table} has ${counted(cut.length, "file")} cut off: ${listed(cut)}.`, "restore");
  if (indexes.length > 0)
    found("INDEX_BROKEN", `Indexes of the table ${table} cannot be read: ${listed(indexes)}.`, "maintain");
  return findings;
}

/** Files of a table's newest version that are missing or cut off; none if its manifest cannot be read. */
async function damagedFiles(tableFolder: string): Promise<DamagedFile[]> {
  for (let attempt = 1; ; attempt++) {
    const [newest] = (await listManifests(tableFolder)).manifests;
    const manifest = newest && (await ifThere(readManifest(tableFolder, newest)));
    const damaged: DamagedFile[] = [];
    for (const name of manifest?.names ?? []) damaged.push(...(await damageOf(tableFolder, name)));
    if (damaged.length === 0 || attempt === ATTEMPTS) return damaged;
    const [now] = (await listManifests(tableFolder)).manifests;
    if (now?.version === newest?.version) return damaged;
  }
}

async function damageOf(tableFolder: string, name: string): Promise<DamagedFile[]> {
  // What it says is in the manifest as well.
  if (name.startsWith("_transactions/")) return [];
  if (!name.startsWith("_indices/")) return fileDamage(tableFolder, name);
  const files = await Array.fromAsync(filesIn(join(tableFolder, name)));
  if (files.length === 0) return [{ path: name, fault: "missing" }];
  return (await Promise.all(files.map((file) => fileDamage(tableFolder, `${name}/${file}`)))).flat();
}

async function fileDamage(tableFolder: string, path: string): Promise<DamagedFile[]> {
  const ending = endings.find(([names]) => names.test(path))?.[1] ?? "";
  const found = await ifThere(lastBytes(join(tableFolder, path), Math.max(1, ending.length)));
  if (found === undefined) return [{ path, fault: "missing" }];
  const isComplete = found !== "" && found.endsWith(ending);
  return isComplete ? [] : [{ path, fault: "cut off" }];
}

async function lastBytes(path: string, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - length);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function spoken({ path, fault }: DamagedFile): string {
  return `${path} is ${fault}`;
}
