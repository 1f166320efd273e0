import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

import { extensionFolder } from "./paths.ts";

/** Makes what an extension host can load, a CommonJS module, of each file of `integration/`, in `dist-e2e/`. */
export async function bundleIntegrationTests(): Promise<void> {
  const source = join(import.meta.dirname, "integration");
  const outdir = join(extensionFolder, "dist-e2e");
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: readdirSync(source)
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(source, name)),
    outdir,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    external: ["vscode", "mocha"],
    logLevel: "warning",
  });
}
