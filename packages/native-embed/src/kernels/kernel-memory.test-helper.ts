import { bindKernels, STACK_BYTES } from "./kernels.ts";
import type { Address, KernelFunctions } from "./kernels.ts";
import { allocateMemory } from "./webassembly.ts";
import type { WasmMemory, WasmModule } from "./webassembly.ts";

/** Kernels over a memory of their own, and room in it by the piece. */
export class KernelMemory {
  readonly kernels: KernelFunctions;
  readonly memory: WasmMemory;
  #top: Address = STACK_BYTES;

  constructor(module: WasmModule, megabytes = 16) {
    this.memory = allocateMemory(megabytes * 1024 * 1024);
    this.kernels = bindKernels(module, this.memory, 0);
  }

  /** The functions of another module over the same memory. */
  bind(module: WasmModule): KernelFunctions {
    return bindKernels(module, this.memory, 0);
  }

  reserve(bytes: number): Address {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes) / 64) * 64;
    return address;
  }

  /** Copies bytes or numbers in. */
  put(values: Uint8Array | Int8Array | Int32Array | Float32Array): Address {
    const address = this.reserve(values.byteLength);
    new Uint8Array(this.memory.buffer).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      address,
    );
    return address;
  }

  /** Copies numbers out. */
  floats(address: Address, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count).slice();
  }
}

/** Numbers between -1 and 1, the same for the same seed. */
export function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c_1b_3c_6d) + 0x9e_37_79_b9) | 0;
    return state / 2 ** 31;
  });
}
