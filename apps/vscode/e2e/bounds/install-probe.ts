import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { type TestProject } from "vitest/node";

/** Puts the probe beside the installed extension, and into the list of what VS Code loads from that folder. */
export default function setup(project: TestProject): void {
  const { folder } = project.getProvidedContext().extension;
  const extensions = dirname(folder);
  const probe = join(extensions, "resona-e2e.probe-0.0.0");
  cpSync(join(import.meta.dirname, "probe"), probe, { recursive: true });
  const list = join(extensions, "extensions.json");
  const installed = JSON.parse(readFileSync(list, "utf8")) as unknown[];
  const entry = {
    identifier: { id: "resona-e2e.probe" },
    version: "0.0.0",
    location: { $mid: 1, path: probe, scheme: "file" },
    relativeLocation: basename(probe),
    metadata: {},
  };
  writeFileSync(list, JSON.stringify([...installed, entry]));
}
