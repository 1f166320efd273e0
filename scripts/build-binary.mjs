// `pnpm build:binary`: packages/cli/dist-binary/resona, one executable with all that the command needs inside. It is for
// the system that it is built on. Runs in Bun, whose bundler it uses; in Node it starts itself over in Bun.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import {
  checkArrow,
  dataFiles,
  grammarFiles,
  nativeLibraryFile,
  packLibrary,
  placeOf,
  resolveFrom,
  root,
  threadModules,
  tryResolve,
} from "./engine-parts.mjs";

const output = join(root, "packages/cli/dist-binary");
const executable = join(output, process.platform === "win32" ? "resona.exe" : "resona");
/** What goes inside besides code, in the folders that it has there. */
const staged = join(output, "contents");

/** Where Bun shows an executable's contents to the program in it. */
const inside = process.platform === "win32" ? "B:/~BUN/root/" : "/$bunfs/root/";
const insideUrl = `file://${process.platform === "win32" ? "/" : ""}${inside}`;

const entries = [join(root, "packages/cli/dist/binary/main.js"), ...threadModules];

if (process.versions.bun) await build();
else process.exit(spawnSync(findBun(), [fileURLToPath(import.meta.url)], { stdio: "inherit" }).status ?? 2);

async function build() {
  rmSync(output, { recursive: true, force: true });
  for (const file of [...dataFiles, join(root, "packages/cli/package.json")]) stage(file, placeOf(file));
  for (const [name, file] of await grammarFiles()) stage(file, join("grammars", name));

  const replacements = modulesToReplace();
  const replaced = new Set();
  const { metafile } = await Bun.build({
    entrypoints: entries,
    root,
    target: "bun",
    metafile: true,
    compile: {
      outfile: executable,
      assets: ["grammars", "native", "node_modules", "packages"].map((name) => join(staged, name)),
      // What lies in the folder where the command is called is data, not settings or code of this program.
      autoloadBunfig: false,
      autoloadDotenv: false,
      autoloadPackageJson: false,
      autoloadTsconfig: false,
    },
    plugins: [
      {
        name: "inside",
        setup(bundler) {
          bundler.onLoad({ filter: /\.m?js$/ }, ({ path }) => {
            const place = placeOf(path);
            const replacement = replacements.get(place);
            if (replacement !== undefined) {
              replaced.add(place);
              return { contents: replacement, loader: "js" };
            }
            // Every module keeps the place inside that it has here, and so finds its neighbours.
            const address = JSON.stringify(insideUrl + place);
            return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", address), loader: "js" };
          });
        },
      },
    ],
  });
  for (const place of replacements.keys()) if (!replaced.has(place)) throw new Error(`${place} is not in the bundle.`);
  checkArrow(Object.keys(metafile.inputs));
  rmSync(staged, { recursive: true });
  console.log(`${relative(process.cwd(), executable)}: ${Math.round(statSync(executable).size / 1e6)} MB`);
}

/** Modules that cannot do inside what they do in Node, and what they are there. */
function modulesToReplace() {
  return new Map([
    [
      "packages/core/dist/chunk/grammar-path.js",
      `export const grammarPath = ({ wasm }) => ${JSON.stringify(`${inside}grammars/`)} + wasm;`,
    ],
    ["packages/core/dist/store/arrow.js", `export const arrow = require("apache-arrow");`],
    [
      // Bun 1.4 forgets the types when it is asked for names as bytes. Latin-1 has a character for each byte.
      "packages/core/dist/discover/read-folder.js",
      `import { readdir } from "node:fs/promises";
      export async function readFolder(path) {
        const children = await readdir(path, { withFileTypes: true, encoding: "latin1" });
        return children.map((child) => ({
          name: Buffer.from(child.name, "latin1"),
          isDirectory: () => child.isDirectory(),
        }));
      }`,
    ],
    [
      placeOf(join(dirname(resolveFrom("packages/core", "@lancedb/lancedb")), "native.js")),
      `module.exports = ${nativeLibraryOf("@lancedb/lancedb")};`,
    ],
    [
      placeOf(resolveFrom("packages/core", "@parcel/watcher")),
      `module.exports = require("./wrapper").createWrapper(${nativeLibraryOf("@parcel/watcher")});`,
    ],
  ]);
}

/** Stages the native library that a package has for this system, in compressed pieces; returns the code that loads it. */
function nativeLibraryOf(name) {
  const file = nativeLibraryFile(name);
  const place = `native/${basename(file)}`;
  const packed = packLibrary(file, join(staged, place));
  const pieces = packed.pieces.map((piece) => `${inside}${place}/${piece}`);
  const loader = join(root, "packages/cli/dist/binary/native-library.js");
  return `require(${JSON.stringify(loader)}).loadNativeLibrary(${JSON.stringify({ ...packed, pieces })})`;
}

function stage(file, place) {
  mkdirSync(dirname(join(staged, place)), { recursive: true });
  cpSync(realpathSync(file), join(staged, place));
}

/** Bun's npm package has one package for each system, of which the right one is installed. */
function findBun() {
  const bun = createRequire(resolveFrom(".", "bun/package.json"));
  const { optionalDependencies } = bun("./package.json");
  for (const name of Object.keys(optionalDependencies)) {
    const manifest = tryResolve(bun, `${name}/package.json`);
    if (manifest !== undefined) return join(dirname(manifest), "bin", process.platform === "win32" ? "bun.exe" : "bun");
  }
  throw new Error("Bun is not installed; `pnpm install` does that.");
}
