import { createRequire } from "node:module";

import type { Grammar } from "./grammars.ts";

const resolver = createRequire(import.meta.url);

/** Where the grammar's WebAssembly is; the single-file executable has its own answer in place of this module. */
export function grammarPath({ wasm }: Grammar): string {
  return resolver.resolve(wasm);
}
