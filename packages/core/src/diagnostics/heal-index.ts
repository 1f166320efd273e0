import { join } from "node:path";

import type { HealResult } from "../model/finding.ts";
import { type IndexManifest, writeManifest } from "../store/index-folder.ts";
import { healTornManifests } from "../store/torn-manifests.ts";
import { tornManifests } from "./checks/check-manifests.ts";
import { expectedTables } from "./open-tables.ts";

/**
 * Moves torn manifests aside, so that each table opens at its newest whole version. Tables may then be of different
 * times, so the index is marked as interrupted: the next run compares them and does again what is missing.
 *
 * For the holder of the writer's lock.
 *
 * @throws ResonaError INDEX_DAMAGED if a table has no whole version, DISK_FULL, INDEX_NOT_WRITABLE.
 */
export async function healIndex(folder: string, manifest: IndexManifest): Promise<HealResult> {
  const tables: HealResult["tables"][number][] = [];
  for (const { name } of expectedTables(manifest)) {
    const tableFolder = join(folder, `${name}.lance`);
    if ((await tornManifests(tableFolder)).length === 0) continue;
    // Before anything else, so that a crash in between is noticed.
    await writeManifest(folder, { ...manifest, state: "writing" });
    tables.push({ table: name, ...(await healTornManifests(tableFolder)) });
  }
  return { tables };
}
