// The two programs of the extension: what runs in the editor, and what runs in the process of an engine.
import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

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
} from "../../../scripts/engine-parts.mjs";

const app = dirname(dirname(fileURLToPath(import.meta.url)));

/** Packages that may be in the editor's process. The engine's are not among them. */
const packagesInEditor = new Set(["vscode-jsonrpc"]);

/** The oldest VS Code that the extension is for runs Node 22. */
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22",
  metafile: true,
  logLevel: "warning",
};

/** Nothing is minified: it would save 0.3 MB of 67, and cost the log its stack traces. */
const styleOf = (isRelease) => ({ sourcemap: !isRelease });

/**
 * Bundles the module that the editor loads, and beside it the library that talks to engines: a third of the whole, which
 * an editor that starts need not wait for. Fails if anything of the engine gets into them.
 *
 * @param entry for tests: another module in place of the first, of which nothing is written or printed.
 */
export async function bundleExtension({ outdir, isRelease, entry }) {
  const { metafile } = await build({
    ...shared,
    ...styleOf(isRelease),
    entryPoints: {
      extension: entry ?? join(app, "src/extension.ts"),
      "vscode-jsonrpc": resolveFrom("apps/vscode", "vscode-jsonrpc/node"),
    },
    outdir,
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    external: ["vscode"],
    plugins: [editorModules],
    ...(entry === undefined ? {} : { write: false, logLevel: "silent" }),
  });
  return metafile;
}

/** Lets nothing into the editor's process but the extension itself and the packages that may be there. */
const editorModules = {
  name: "editor-modules",
  setup(bundler) {
    // Read when the first engine starts.
    bundler.onResolve({ filter: /^vscode-jsonrpc\/node$/ }, () => ({ path: "./vscode-jsonrpc.cjs", external: true }));
    bundler.onLoad({ filter: /./ }, ({ path }) => {
      const place = placeOf(path);
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(place)?.[1];
      const isAllowed = name === undefined ? place.startsWith("apps/vscode/") : packagesInEditor.has(name);
      return isAllowed ? undefined : { errors: [{ text: `${place} must not be loaded into the editor's process.` }] };
    });
  },
};

/**
 * Bundles the process of an engine with everything that it needs to run anywhere, from the built packages.
 *
 * @param nativeLibrary file of the database's native library; none if it is missing. In a release it is packed, to a
 * quarter of its size, and unpacked once by the first engine of a machine.
 * @returns all modules that went into it, by their paths in this repository.
 */
export async function bundleEngine({ outdir, isRelease, nativeLibrary }) {
  const replacements = new Map(modulesToReplace);
  if (nativeLibrary === undefined) {
    // Its loader finds none, and the engine says so.
  } else if (isRelease) {
    const packed = packLibrary(nativeLibrary, join(outdir, "native"));
    replacements.set(placeOf(lanceLoader), unpackingLoader(packed));
  } else {
    // The loader looks for it beside the module that asks for it, by this name.
    put(nativeLibrary, join(outdir, basename(nativeLibrary)));
  }
  const modules = new Set();
  const entries = [
    { entry: join(app, "src/engine-process/main.ts"), place: "engine-process.js" },
    ...threadModules.map((entry) => ({ entry, place: bundledPlace(entry) })),
  ];
  for (const { entry, place } of entries) {
    const { metafile } = await build({
      ...shared,
      ...styleOf(isRelease),
      entryPoints: [entry],
      outfile: join(outdir, place),
      format: "esm",
      // Libraries in CommonJS ask for Node's modules and for the native one, which are not bundled.
      banner: {
        js: `import { createRequire as resonaRequire } from "node:module";
const require = resonaRequire(import.meta.url), resonaParts = new URL(${JSON.stringify(rootFrom(place))}, import.meta.url);`,
      },
      // What LanceDB loads for its own embedding functions, and what watches folders outside of an editor, is not used.
      external: ["*.node", "@lancedb/lancedb-*", "openai", "@huggingface/transformers", "@parcel/watcher"],
      plugins: [places(replacements)],
    });
    for (const path of Object.keys(metafile.inputs)) modules.add(path);
  }
  checkArrow([...modules]);
  for (const file of dataFiles) put(file, join(outdir, bundledPlace(file)));
  for (const [name, file] of await grammarFiles()) put(file, join(outdir, "grammars", name));
  return [...modules];
}

/** The native library of this system, as it is installed. */
export function installedNativeLibrary() {
  return nativeLibraryFile("@lancedb/lancedb");
}

/** Every module keeps its place among the others, as far as its address tells, and so finds its neighbours. */
function places(replacements) {
  return {
    name: "places",
    setup(bundler) {
      bundler.onLoad({ filter: /\.m?js$/ }, ({ path }) => {
        const replacement = replacements.get(placeOf(path));
        if (replacement !== undefined) return { contents: replacement, loader: "js", resolveDir: dirname(path) };
        const text = readFileSync(path, "utf8");
        if (!text.includes("import.meta.url")) return undefined;
        const address = `new URL(${JSON.stringify(bundledPlace(path))}, resonaParts).href`;
        return { contents: text.replaceAll("import.meta.url", `(${address})`), loader: "js" };
      });
    },
  };
}

/** Modules that cannot do in a bundle what they do in Node, and what they are there. */
const modulesToReplace = new Map([
  [
    "packages/core/dist/chunk/grammar-path.js",
    `import { fileURLToPath } from "node:url";
    export const grammarPath = ({ wasm }) => fileURLToPath(new URL("grammars/" + wasm, resonaParts));`,
  ],
  ["packages/core/dist/store/arrow.js", `export const arrow = require("apache-arrow");`],
]);

const lanceLoader = join(dirname(resolveFrom("packages/core", "@lancedb/lancedb")), "native.js");

/**
 * Stands in for LanceDB's own loader: unpacks the library where the client says, and removes what former versions have
 * left there, but not what another process may be unpacking.
 */
function unpackingLoader(packed) {
  const unpack = join(root, "packages/cli/dist/binary/unpack-library.js");
  return `const { readdirSync, rmSync, statSync } = require("node:fs");
    const { join } = require("node:path");
    const { fileURLToPath } = require("node:url");
    const { unpackLibrary } = require(${JSON.stringify(unpack)});
    const packed = ${JSON.stringify(packed)};
    const pieces = packed.pieces.map((piece) => fileURLToPath(new URL("native/" + piece, resonaParts)));
    const folder = process.env.RESONA_NATIVE_FOLDER;
    module.exports = require(unpackLibrary({ ...packed, pieces }, folder));
    try {
      for (const name of readdirSync(folder)) {
        const file = join(folder, name);
        if (name !== packed.name && statSync(file).mtimeMs < Date.now() - 3_600_000) rmSync(file);
      }
    } catch {}`;
}

/** A file's path in the bundle's folder: the one that it has in the repository, without where packages are installed. */
function bundledPlace(file) {
  return placeOf(file).replace(/^.*node_modules\//u, "modules/");
}

function rootFrom(place) {
  return `./${"../".repeat(place.split("/").length - 1)}`;
}

/** A second name for a file takes no time and no space; where that cannot be had, a copy. */
function put(file, target) {
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  try {
    linkSync(file, target);
  } catch {
    copyFileSync(file, target);
  }
}
