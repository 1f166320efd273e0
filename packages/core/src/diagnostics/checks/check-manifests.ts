import type { Finding } from "../../model/finding.ts";
import { listManifests, readManifestIfThere } from "../../store/table-manifests.ts";
import { isNewestManifestTorn } from "../../store/torn-manifests.ts";
import type { Remedies } from "../remedies.ts";
import { listed } from "../sentences.ts";

/** Can the newest version of the table be opened? */
export async function checkNewestManifest(table: string, tableFolder: string, remedies: Remedies): Promise<Finding[]> {
  if (!(await isNewestManifestTorn(tableFolder))) return [];
  const sentence = `The table ${table} cannot be opened, because its newest manifest is cut off.`;
  return [{ code: "MANIFEST_TORN", severity: "error", sentence, remedy: remedies.heal }];
}

/** Are there older versions that keep LanceDB from maintaining the table? */
export async function checkAllManifests(table: string, tableFolder: string, remedies: Remedies): Promise<Finding[]> {
  const torn = await tornManifests(tableFolder);
  if (torn.length === 0) return [];
  const sentence = `The table ${table} cannot be maintained, because manifests of older versions are cut off: ${listed(torn)}.`;
  return [{ code: "MANIFEST_TORN", severity: "error", sentence, remedy: remedies.heal }];
}

/** Names of the manifests of a table that cannot be read, newest first. */
export async function tornManifests(tableFolder: string): Promise<string[]> {
  const torn: string[] = [];
  for (const manifest of (await listManifests(tableFolder)).manifests) {
    const found = await readManifestIfThere(tableFolder, manifest);
    if (found !== undefined && found.contents === undefined) torn.push(manifest.name);
  }
  return torn;
}
