// What the licences of bundled packages ask for: their texts, in one file.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { root } from "../../../scripts/engine-parts.mjs";

/**
 * @param files of the bundle, by their paths in this repository.
 * @returns the licences of all packages that they come from, but those of this repository.
 */
export function noticesOf(files) {
  const folders = new Map();
  for (const file of files) {
    const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//u.exec(file) ?? [];
    if (name !== undefined) folders.set(name, join(root, folder));
  }
  const sorted = [...folders].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, folder]) => noticeOf(folder)).join(`\n${"-".repeat(80)}\n\n`);
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|notice|copying)(?:\.|-|$)/iu.test(file) && existsSync(join(folder, file)))
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  return [`${name} ${version}: ${license ?? "see below"}`, ...texts, ""].join("\n\n");
}
