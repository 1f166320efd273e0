// What an engine consists of besides the code that its imports tell of. Whoever bundles the built packages takes these
// along, each at its place: they are found by the address of the module that needs them (`import.meta.url`).
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, zstdCompressSync } from "node:zlib";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Modules of the threads; they are started by their address. */
export const threadModules = [
  join(root, "packages/core/dist/chunk/parse-worker.js"),
  join(root, "packages/native-embed/dist/workers/embed-worker.js"),
  join(dirname(resolveFrom("packages/core", "tinypool")), "entry/worker.js"),
];

/** Files that are no modules. */
export const dataFiles = [
  join(root, "packages/native-embed/models/resona-code-static-v0.gguf"),
  join(root, "packages/native-embed/wasm/kernels.wasm"),
  join(root, "packages/native-embed/wasm/wide.wasm"),
  resolveFrom("packages/core", "web-tree-sitter/web-tree-sitter.wasm"),
];

/** The grammars' files by the names that core has for them. */
export async function grammarFiles() {
  const { grammars } = await import(join(root, "packages/core/dist/chunk/grammars.js"));
  const names = new Set(Object.values(grammars).map(({ wasm }) => wasm));
  return new Map([...names].map((name) => [name, resolveFrom("packages/core", name)]));
}

/**
 * The native library that a package has for this system. Such packages have a package for each system, of which the
 * right one is installed.
 */
export function nativeLibraryFile(name) {
  // Not every package lets its manifest be resolved.
  const folder = join("node_modules", name);
  const entry = resolveFrom("packages/core", name);
  const require = createRequire(join(entry.slice(0, entry.lastIndexOf(folder)), folder, "package.json"));
  const file = Object.keys(require("./package.json").optionalDependencies)
    .filter((dependency) => dependency.startsWith(`${name}-`))
    .map((dependency) => tryResolve(require, dependency))
    .find((path) => path !== undefined);
  if (file === undefined) throw new Error(`${name} has no native library for this system.`);
  return file;
}

/**
 * Writes a library in compressed pieces into a folder of its own, and returns what `unpackLibrary`
 * (`packages/cli/src/binary/unpack-library.ts`) makes the file from; `pieces` are their names.
 */
export function packLibrary(file, folder, name = basename(file)) {
  const content = readFileSync(file);
  const pieceBytes = 8 * 1024 * 1024;
  const pieces = [];
  mkdirSync(folder, { recursive: true });
  for (let start = 0; start < content.length; start += pieceBytes) {
    const piece = zstdCompressSync(content.subarray(start, start + pieceBytes), {
      // Higher levels save 1 % and take three times as long.
      params: { [constants.ZSTD_c_compressionLevel]: 9 },
    });
    const pieceName = `${pieces.length}.zst`;
    writeFileSync(join(folder, pieceName), piece);
    pieces.push(pieceName);
  }
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
  return { name: `${digest}-${name}`, bytes: content.length, pieces };
}

/** Two copies of Arrow would not know each other's tables: its CommonJS modules must be in there, and only these. */
export function checkArrow(modules) {
  const arrow = modules.filter((path) => path.includes("node_modules/apache-arrow/"));
  const packages = new Set(arrow.map((path) => path.slice(0, path.indexOf("node_modules/apache-arrow/"))));
  if (packages.size !== 1 || arrow.some((path) => path.endsWith(".mjs")))
    throw new Error(`There is to be one copy of apache-arrow, but there are: ${arrow.join(", ")}`);
}

/** A file's path in this repository. */
export function placeOf(file) {
  return relative(root, realpathSync(file)).replaceAll(sep, "/");
}

export function resolveFrom(folder, specifier) {
  return createRequire(join(root, folder, "package.json")).resolve(specifier);
}

export function tryResolve(require, specifier) {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}
