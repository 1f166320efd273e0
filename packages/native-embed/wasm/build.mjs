// Builds the binaries from the C sources beside this file, with clang and wasm-ld of LLVM 22 (Debian: clang-22 lld-22),
// and records what it was built from: a test compares the record with the sources and the binary, so that none of the
// three changes alone. The two emulations are for tests on machines without the instruction; they are not shipped.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { sourceNames, sourcesHash } from "./sources.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const clang = process.env["CLANG"] ?? "clang-22";

const flags = [
  "--target=wasm32",
  "-O3",
  "-msimd128",
  "-mrelaxed-simd",
  "-mbulk-memory",
  "-matomics",
  "-mmutable-globals",
  "-mnontrapping-fptoint",
  "-nostdlib",
  "-ffreestanding",
  "-fno-builtin",
  "-fno-math-errno",
  // a × b + c is one rounding only where it is written as one.
  "-ffp-contract=off",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-Wl,--no-entry",
  // One memory for all threads, made and sized by the loader.
  "-Wl,--import-memory",
  "-Wl,--shared-memory",
  "-Wl,--max-memory=4294967296",
  "-Wl,--export=__stack_pointer",
  "-Wl,-z,stack-size=65536",
  "-Wl,--stack-first",
  "-Wl,--strip-all",
];

function build(output, sources, extra) {
  execFileSync(clang, [...flags, ...extra, ...sources, "-o", output], { cwd: folder, stdio: "inherit" });
  return createHash("sha256")
    .update(readFileSync(join(folder, output)))
    .digest("hex");
}

const all = sourceNames.filter((name) => name.endsWith(".c"));
const binaries = {
  "kernels.wasm": build("kernels.wasm", all, []),
  "wide.wasm": build("wide.wasm", ["attention.c", "linear.c", "tiles.c"], ["-DGROUPS=2"]),
  "emulated-unsigned.wasm": build("emulated-unsigned.wasm", all, ["-DEMULATE_RELAXED_DOT=1"]),
  "emulated-signed.wasm": build("emulated-signed.wasm", all, ["-DEMULATE_RELAXED_DOT=2"]),
};
const toolchain = execFileSync(clang, ["--version"], { encoding: "utf8" }).split("\n")[0];
const record = { sources: sourcesHash(), toolchain, flags, binaries };
writeFileSync(join(folder, "kernels.json"), `${JSON.stringify(record, undefined, 2)}\n`);
