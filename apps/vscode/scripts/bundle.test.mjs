import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, it, onTestFinished } from "vitest";

import { bundleExtension } from "./bundle.mjs";

const app = dirname(dirname(fileURLToPath(import.meta.url)));

/** Bundles a module of the extension that has this text. */
async function bundleOf(text) {
  const folder = await mkdtemp(join(app, ".bundled-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const entry = join(folder, "entry.ts");
  await writeFile(entry, text);
  return bundleExtension({ outdir: folder, isRelease: true, entry });
}

it("keeps the engine out of the editor's process", async () => {
  const entry = join(app, "src/extension.ts");
  const { inputs } = await bundleExtension({ outdir: app, isRelease: true, entry });
  const modules = Object.keys(inputs);
  expect(modules.length).toBeGreaterThan(10);
  expect(modules.filter((path) => /lancedb|apache-arrow|native-embed|^packages\/|\.gguf|\.node$/u.test(path))).toEqual(
    [],
  );
});

it.each([
  `import { openEngine } from "@resona/core"; openEngine({ workspace: "/" });`,
  `import { optionTable } from "../../../packages/core/src/options/options.ts"; console.log(optionTable);`,
  `import "../src/engine-process/main.ts";`,
])("fails if there is anything of it: %s", async (text) => {
  await expect(bundleOf(text)).rejects.toThrow("must not be loaded into the editor's process");
});

it("takes types of it, which are nothing at run time", async () => {
  const { inputs } = await bundleOf(`import type { Engine } from "@resona/core"; export const engines: Engine[] = [];`);
  expect(Object.keys(inputs).filter((path) => !path.includes("node_modules"))).toHaveLength(1);
});
