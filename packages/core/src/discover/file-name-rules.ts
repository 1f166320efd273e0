import type { SkipReason } from "../model/skip-reason.ts";

/**
 * Names that settle that a file is not worth indexing, so that it need not be read. Only names that mean one thing:
 * `.ts` is TypeScript and also a video format, `.mo` a message catalogue and also Modelica; those are decided by content.
 */
export function skipReasonOfName(name: string): SkipReason | undefined {
  const lower = name.toLowerCase();
  if (lockFileNames.has(lower)) return "lock-file";
  const dot = lower.lastIndexOf(".");
  if (dot < 0) return undefined;
  if (binaryExtensions.has(lower.slice(dot + 1))) return "binary";
  if (minifiedName.test(lower)) return "minified";
  return undefined;
}

/** By the tool that writes them. Large, rewritten by every install, and full of names that answer no question. */
const lockFileNames: ReadonlySet<string> = new Set([
  "package-lock.json", // npm
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "bun.lockb",
  "deno.lock",
  "cargo.lock", // Rust
  "poetry.lock", // Python
  "uv.lock",
  "pdm.lock",
  "pixi.lock",
  "pipfile.lock",
  "conda-lock.yml",
  "go.sum", // Go
  "go.work.sum",
  "gemfile.lock", // Ruby
  "gems.locked",
  "composer.lock", // PHP
  "podfile.lock", // Swift and Objective-C
  "cartfile.resolved",
  "package.resolved",
  "mix.lock", // Elixir
  "rebar.lock", // Erlang
  "packages.lock.json", // .NET
  "project.assets.json",
  "paket.lock",
  "gradle.lockfile", // JVM
  "buildscript-gradle.lockfile",
  "coursier.lock",
  "pubspec.lock", // Dart
  "flake.lock", // Nix
  "stack.yaml.lock", // Haskell
  "cabal.project.freeze",
  "opam.locked", // OCaml
  "manifest.toml.lock", // Julia
  "shard.lock", // Crystal
  "dub.selections.json", // D
  "conan.lock", // C and C++
  "vcpkg-lock.json",
  "module.bazel.lock", // Bazel
  ".terraform.lock.hcl", // Terraform
  "chart.lock", // Helm
  "renv.lock", // R
]);

const binaryExtensions: ReadonlySet<string> = new Set(
  Object.values({
    // SVG is XML, but its text is coordinates.
    images: "png jpg jpeg jpe jfif gif bmp ico icns cur webp avif heic heif tif tiff psd xcf svg svgz tga dds ktx exr",
    fonts: "ttf otf ttc woff woff2 eot pfb",
    audio: "mp3 wav flac ogg oga opus m4a aac aif aiff mid midi wma",
    video: "mp4 m4v mov avi mkv webm mpg mpeg wmv flv ogv 3gp swf",
    archives: "zip gz tgz bz2 tbz xz txz zst br lz4 lzma 7z rar tar jar war ear aar whl egg gem nupkg vsix crx xpi",
    installers: "apk ipa aab deb rpm msi cab dmg iso img pkg appimage vmdk qcow2",
    compiled: "o obj a lib so dll dylib exe node wasm class pyc pyo pyd beam elc rlib rmeta lo gch pch pdb ilk hi",
    documents: "pdf docx xlsx pptx xls ppt odt ods odp epub mobi djvu",
    data: "sqlite sqlite3 db3 mdb accdb parquet feather arrow orc avro npy npz h5 hdf5 mat rds rdata pkl pickle lance",
    models: "gguf ggml safetensors onnx tflite pt pth ckpt keras joblib mlmodel caffemodel",
    design: "sketch fig blend fbx glb 3ds stl usdz",
    keys: "p12 pfx jks keystore",
    other: "bin pack idx dmp mmdb",
  }).flatMap((extensions) => extensions.split(" ")),
);

/** `app.min.js`, `site.min.css` and source maps, by the convention of every bundler. */
const minifiedName = /(?:[.-]min\.(?:js|mjs|cjs|css)|\.(?:js|mjs|cjs|css|ts)\.map)$/u;
