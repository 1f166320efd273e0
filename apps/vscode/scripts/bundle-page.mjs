// What the extension shows in the editor as a page: its script and its styles.
import { join } from "node:path";

import { build } from "esbuild";

import { root } from "../../../scripts/engine-parts.mjs";

/** Bundles the pages' scripts and styles. Nothing is in them but what is written in their folders. */
export async function bundlePages({ outdir, isRelease }) {
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: "browser",
    // The oldest VS Code that the extension is for shows pages with Chromium 138.
    target: "chrome138",
    format: "iife",
    minify: isRelease,
    logLevel: "warning",
    entryPoints: ["health-page.ts", "health-page.css"].map((file) => join(root, "apps/vscode/health-page", file)),
    outdir,
  });
}
