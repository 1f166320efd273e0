// `pnpm --filter resona build`: dist/, from which the extension runs. The packages must be built (`tsc -b`).
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { bundlePages } from "./scripts/bundle-page.mjs";
import { bundleEngine, bundleExtension, installedNativeLibrary } from "./scripts/bundle.mjs";

const outdir = join(dirname(fileURLToPath(import.meta.url)), "dist");
rmSync(outdir, { recursive: true, force: true });
await bundleExtension({ outdir, isRelease: false });
await bundlePages({ outdir, isRelease: false });
await bundleEngine({ outdir, isRelease: false, nativeLibrary: installedNativeLibrary() });
