/** What is used of WebAssembly's interface; its types come with the DOM library, which is not for Node. */

/** A compiled module; opaque. It can be posted to threads, which then share its machine code. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

/** A shared memory; `buffer` is replaced when it grows, which the ones of this package never do. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WasmGlobal {
  value: number;
}

interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;

export const PAGE_BYTES = 65_536;

/** What 32-bit addresses reach. */
export const MAX_PAGES = 65_536;

/** Throws a RangeError when there is no room for it. */
export function allocateMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new wasm.Memory({ initial: pages, maximum: pages, shared: true });
}

export function compileModule(bytes: Uint8Array): WasmModule {
  return new wasm.Module(bytes);
}

/** An instance over `memory` whose stack grows down from `stackTop`. */
export function instantiate(
  module: WasmModule,
  memory: WasmMemory,
  stackTop: number,
): Readonly<Record<string, unknown>> {
  const { exports } = new wasm.Instance(module, { env: { memory } });
  (exports["__stack_pointer"] as WasmGlobal).value = stackTop;
  return exports;
}
