// `pnpm --filter resona package [--target <platform>]`: the extension as it is installed, dist-vsix/resona-<platform>.vsix.
// Without a target for this machine; `universal` is without the database's native library, for platforms that have none.
// The packages must be built (`tsc -b`).
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { createVSIX } from "@vscode/vsce";

import { dataFiles, grammarFiles, placeOf, resolveFrom, root } from "../../../scripts/engine-parts.mjs";
import { bundlePages } from "./bundle-page.mjs";
import { bundleEngine, bundleExtension, installedNativeLibrary } from "./bundle.mjs";
import { noticesOf } from "./notices.mjs";

const app = dirname(dirname(fileURLToPath(import.meta.url)));

/** The package of LanceDB's native library for each platform that VS Code knows by this name. */
const libraries = {
  "linux-x64": "linux-x64-gnu",
  "linux-arm64": "linux-arm64-gnu",
  "alpine-x64": "linux-x64-musl",
  "alpine-arm64": "linux-arm64-musl",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64-msvc",
  "win32-arm64": "win32-arm64-msvc",
};
const UNIVERSAL = "universal";

const LIMIT_BYTES = 75_000_000;

const here = `${process.platform}-${process.arch}`;
const { target } = parseArgs({ options: { target: { type: "string", default: here } } }).values;
if (target !== UNIVERSAL && libraries[target] === undefined)
  throw new Error(
    `There is no such target: ${target}. These are: ${[...Object.keys(libraries), UNIVERSAL].join(", ")}`,
  );

const work = mkdtempSync(join(tmpdir(), "resona-vsix-"));
try {
  const vsix = await packageExtension(work);
  const { size } = statSync(vsix);
  console.log(`${relative(process.cwd(), vsix)}: ${(size / 1e6).toFixed(1)} MB`);
  if (size > LIMIT_BYTES) throw new Error(`It is larger than ${LIMIT_BYTES / 1e6} MB.`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function packageExtension(folder) {
  const stage = join(folder, "extension");
  const outdir = join(stage, "dist");
  mkdirSync(outdir, { recursive: true });
  const nativeLibrary = target === UNIVERSAL ? undefined : strippedLibrary(folder);
  const editor = await bundleExtension({ outdir, isRelease: true });
  await bundlePages({ outdir, isRelease: true });
  const engine = await bundleEngine({ outdir, isRelease: true, nativeLibrary });
  const data = [...dataFiles, ...(await grammarFiles()).values()].map(placeOf);
  const lancedb = placeOf(resolveFrom("packages/core", "@lancedb/lancedb"));
  const notices = noticesOf([...Object.keys(editor.inputs), ...engine, ...data, lancedb]);
  writeFileSync(join(stage, "THIRD-PARTY-NOTICES.txt"), notices);
  writeFileSync(join(stage, "package.json"), JSON.stringify(releaseManifest(), undefined, 2));
  cpSync(join(root, "LICENSE"), join(stage, "LICENSE.txt"));
  const shipped = /^(?:package\.nls(?:\..+)?\.json|README\.md|CHANGELOG\.md|resources|l10n)$/u;
  for (const name of readdirSync(app))
    if (shipped.test(name)) cpSync(join(app, name), join(stage, name), { recursive: true });
  // All the rest that is there goes into the extension. The icon is shown as a PNG, which this is drawn as.
  writeFileSync(join(stage, ".vscodeignore"), "resources/icon.svg\n");

  const vsix = join(app, "dist-vsix", `resona-${target}.vsix`);
  mkdirSync(dirname(vsix), { recursive: true });
  await createVSIX({
    cwd: stage,
    packagePath: vsix,
    // Everything is bundled.
    dependencies: false,
    allowMissingRepository: true,
    ...(target === UNIVERSAL ? {} : { target }),
  });
  return vsix;
}

/** What is for those who develop the extension stays out of it. */
function releaseManifest() {
  const manifest = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
  for (const name of ["private", "scripts", "dependencies", "devDependencies"]) delete manifest[name];
  return manifest;
}

/** A copy of the target's library, without the symbols that only a debugger asks for where that can be done here. */
function strippedLibrary(folder) {
  const library = target === here ? installedNativeLibrary() : fetchedLibrary(folder);
  const copy = join(folder, basename(library));
  if (copy !== library) cpSync(library, copy);
  // This machine's tool knows this machine's kind of code.
  if (/^(?:linux|alpine)-/u.test(target) && here === `linux-${target.split("-")[1]}`)
    execFileSync("strip", ["-s", copy]);
  return copy;
}

/** Another platform's package cannot be installed here, but it can be had from the registry. */
function fetchedLibrary(folder) {
  const manifest = join(dirname(resolveFrom("packages/core", "@lancedb/lancedb")), "../package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const name = `@lancedb/lancedb-${libraries[target]}@${version}`;
  const [{ filename }] = JSON.parse(packFromRegistry(name, folder));
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", folder]);
  const library = readdirSync(join(folder, "package")).find((file) => file.endsWith(".node"));
  if (library === undefined) throw new Error(`${name} has no native library.`);
  return join(folder, "package", library);
}

function packFromRegistry(name, folder) {
  const args = ["pack", name, "--json", "--pack-destination", folder];
  try {
    return execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`The registry does not give ${name}: there can be no extension for ${target}.\n${error.stderr}`, {
      cause: error,
    });
  }
}
