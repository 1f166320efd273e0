// `pnpm build:binary`: packages/cli/dist-binary/resona, one executable with all that the command needs inside. It is for
// the system that it is built on. Runs in Bun, whose bundler it uses; in Node it starts itself over in Bun.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, zstdCompressSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, "packages/cli/dist-binary");
const executable = join(output, process.platform === "win32" ? "resona.exe" : "resona");
/** What goes inside besides code, in the folders that it has there. */
const staged = join(output, "contents");

/** Where Bun shows an executable's contents to the program in it. */
const inside = process.platform === "win32" ? "B:/~BUN/root/" : "/$bunfs/root/";
const insideUrl = `file://${process.platform === "win32" ? "/" : ""}${inside}`;

/** Modules of the threads; they are started by their address. */
const tinypool = dirname(resolveFrom("packages/core", "tinypool"));
const entries = [
  join(root, "packages/cli/dist/binary/main.js"),
  join(root, "packages/core/dist/chunk/parse-worker.js"),
  join(root, "packages/native-embed/dist/workers/embed-worker.js"),
  join(tinypool, "entry/worker.js"),
];

/** Files that code finds by its own address (`import.meta.url`). */
const neighbours = [
  "packages/cli/package.json",
  "packages/native-embed/models/resona-code-static-v0.gguf",
  "packages/native-embed/wasm/kernels.wasm",
  "packages/native-embed/wasm/wide.wasm",
].map((path) => join(root, path));

if (process.versions.bun) await build();
else process.exit(spawnSync(findBun(), [fileURLToPath(import.meta.url)], { stdio: "inherit" }).status ?? 2);

async function build() {
  rmSync(output, { recursive: true, force: true });
  for (const file of [...neighbours, resolveFrom("packages/core", "web-tree-sitter/web-tree-sitter.wasm")])
    stage(file, placeOf(file));
  const { grammars } = await import(join(root, "packages/core/dist/chunk/grammars.js"));
  for (const { wasm } of Object.values(grammars)) stage(resolveFrom("packages/core", wasm), join("grammars", wasm));

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

/**
 * Stages the native library that a package has for this system, in compressed pieces, and returns the code that loads
 * it. Such packages have a package for each system, of which the right one is installed.
 */
function nativeLibraryOf(name) {
  const require = createRequire(resolveFrom("packages/core", `${name}/package.json`));
  const file = Object.keys(require("./package.json").optionalDependencies)
    .filter((dependency) => dependency.startsWith(`${name}-`))
    .map((dependency) => tryResolve(require, dependency))
    .find((path) => path !== undefined);
  if (file === undefined) throw new Error(`${name} has no native library for this system.`);
  const content = readFileSync(file);
  const pieceBytes = 8 * 1024 * 1024;
  const pieces = [];
  for (let start = 0; start < content.length; start += pieceBytes) {
    const place = `native/${basename(file)}/${pieces.length}.zst`;
    const piece = zstdCompressSync(content.subarray(start, start + pieceBytes), {
      // Higher levels save 1 % and take three times as long.
      params: { [constants.ZSTD_c_compressionLevel]: 9 },
    });
    mkdirSync(dirname(join(staged, place)), { recursive: true });
    writeFileSync(join(staged, place), piece);
    pieces.push(inside + place);
  }
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const packed = { name: `${digest}-${basename(file)}`, bytes: content.length, pieces };
  const loader = join(root, "packages/cli/dist/binary/native-library.js");
  return `require(${JSON.stringify(loader)}).loadNativeLibrary(${JSON.stringify(packed)})`;
}

/** Two copies of Arrow would not know each other's tables: its CommonJS modules must be in there, and only these. */
function checkArrow(modules) {
  const arrow = modules.filter((path) => path.includes("node_modules/apache-arrow/"));
  const packages = new Set(arrow.map((path) => path.slice(0, path.indexOf("node_modules/apache-arrow/"))));
  if (packages.size !== 1 || arrow.some((path) => path.endsWith(".mjs")))
    throw new Error(`There is to be one copy of apache-arrow, but there are: ${arrow.join(", ")}`);
}

function stage(file, place) {
  mkdirSync(dirname(join(staged, place)), { recursive: true });
  cpSync(realpathSync(file), join(staged, place));
}

/** A file's path in this repository, which is its path inside as well. */
function placeOf(file) {
  return relative(root, realpathSync(file)).replaceAll(sep, "/");
}

function resolveFrom(folder, specifier) {
  return createRequire(join(root, folder, "package.json")).resolve(specifier);
}

function tryResolve(require, specifier) {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
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
