import { nativeEmbedError } from "../errors.ts";
import type { GgufHeader, GgufTensor } from "../gguf/gguf-header.ts";
import type { DotProduct } from "../kernels/compile-kernels.ts";
import type { Address } from "../kernels/kernels.ts";
import { blockFormats, ggmlTypeName } from "../quantization/block-formats.ts";
import type { BlockFormatName } from "../quantization/block-formats.ts";
import type { Linear, Norm, Table } from "./transformer-plan.ts";

/** One tensor's way into memory. */
export type LoadStep =
  /** Repacked for the int8 kernels, from where the tensor's first row is to be. */
  | {
      readonly kind: "int8";
      readonly tensor: SupportedTensor;
      readonly k: number;
      readonly values: Address;
      readonly scales: Address;
    }
  /** Repacked for the float kernels, which take it in format `kept`. */
  | {
      readonly kind: "float";
      readonly tensor: SupportedTensor;
      readonly kept: BlockFormatName;
      readonly k: number;
      readonly values: Address;
    }
  /** Dequantised. */
  | { readonly kind: "numbers"; readonly tensor: SupportedTensor; readonly to: Address }
  /** As it is. */
  | { readonly kind: "raw"; readonly tensor: SupportedTensor; readonly to: Address };

export type SupportedTensor = GgufTensor & { readonly format: BlockFormatName; readonly byteLength: number };

/** Numbers that are computed, not loaded. */
export interface Fill {
  readonly to: Address;
  readonly numbers: number;
  readonly at: (index: number) => number;
}

/** Sums over int8 weights that the kernels for unsigned activations need, once the weights are there. */
export interface BlockSums {
  readonly values: Address;
  readonly groups: number;
  readonly k: number;
  readonly sums: Address;
}

/**
 * Gives every tensor that an architecture asks for its place in the memory, and notes how it gets there. Nothing is
 * read: what the header says is enough to check every shape and to know what will be needed.
 *
 * Methods throw `INVALID_TENSOR` for a tensor that is missing or has another shape, `UNSUPPORTED_TENSOR_TYPE` for one
 * in a format that is not implemented.
 */
export class WeightPlacement {
  readonly steps: LoadStep[] = [];
  readonly fills: Fill[] = [];
  readonly blockSums: BlockSums[] = [];
  readonly #header: GgufHeader;
  readonly #dot: DotProduct;
  #top: Address;

  constructor(header: GgufHeader, dot: DotProduct, start: Address) {
    this.#header = header;
    this.#dot = dot;
    this.#top = align(start);
  }

  /** The first byte after all that has been placed. */
  get end(): Address {
    return this.#top;
  }

  has(tensor: string): boolean {
    return this.#header.tensors.has(tensor);
  }

  /** Columns of a matrix: the second dimension of its tensor. */
  columnsOf(tensor: string): number {
    return this.#tensor(`${tensor}.weight`).dimensions[1] ?? 1;
  }

  /**
   * A matrix [columns, k], of one tensor or of several on top of each other ("blk.0.attn_q" and so on, without
   * `.weight`), with their biases if they have any.
   */
  linear(names: readonly string[], columns: number, k: number): Linear {
    const tensors = names.map((name) => this.#matrix(`${name}.weight`, columns / names.length, k));
    const unquantised = tensors.every(({ format }) => isFloat(format));
    const format = unquantised ? commonFormat(tensors.map((tensor) => tensor.format)) : "Q8_0";
    const weights = unquantised
      ? this.#floatMatrix(tensors, format, columns, k)
      : this.#int8Matrix(tensors, columns, k);
    const bias = this.#stack(
      names.map((name) => `${name}.bias`),
      columns,
    );
    return { ...weights, format: blockFormats[format].type, columns, k, bias };
  }

  /** Layer normalisation over `width` numbers; its shift is optional. */
  norm(name: string, width: number): Norm {
    return {
      gain: this.#vector(`${name}.weight`, width),
      shift: this.has(`${name}.bias`) ? this.#vector(`${name}.bias`, width) : 0,
    };
  }

  /** A norm that only some models have. */
  optionalNorm(name: string, width: number): Norm | undefined {
    return this.has(`${name}.weight`) ? this.norm(name, width) : undefined;
  }

  /** [rows, width], kept as it is; rows are looked up. At least `minRows`. */
  table(name: string, minRows: number, width: number): Table {
    const tensor = this.#tensor(name);
    const [rowLength, rows = 1] = tensor.dimensions;
    if (tensor.dimensions.length > 2 || rowLength !== width || rows < minRows) {
      throw this.#invalid(name, `is ${shapeOf(tensor)}, not [${width}, ${minRows}] or more rows`);
    }
    const data = this.reserve(tensor.byteLength);
    this.steps.push({ kind: "raw", tensor, to: data });
    return { format: blockFormats[tensor.format].type, rows, data };
  }

  /** Numbers that are computed. */
  fill(numbers: number, at: (index: number) => number): Address {
    const to = this.reserve(numbers * 4);
    this.fills.push({ to, numbers, at });
    return to;
  }

  reserve(bytes: number): Address {
    const address = this.#top;
    this.#top = align(address + bytes);
    return address;
  }

  #int8Matrix(
    tensors: readonly SupportedTensor[],
    columns: number,
    k: number,
  ): Pick<Linear, "kind" | "values" | "scales" | "sums"> {
    const values = this.reserve(columns * k);
    const scales = this.reserve((columns * k) / 8);
    const sums = this.#dot === "relaxed-unsigned" ? this.reserve((columns * k) / 16) : 0;
    let row = 0;
    for (const tensor of tensors) {
      // Rows come in groups of eight, so that a tensor of a multiple of eight rows begins at a group of its own.
      this.steps.push({ kind: "int8", tensor, k, values: values + row * k, scales: scales + (row * k) / 8 });
      row += columns / tensors.length;
    }
    if (sums !== 0) this.blockSums.push({ values, groups: columns / 8, k, sums });
    return { kind: "int8", values, scales, sums };
  }

  #floatMatrix(
    tensors: readonly SupportedTensor[],
    format: BlockFormatName,
    columns: number,
    k: number,
  ): Pick<Linear, "kind" | "values" | "scales" | "sums"> {
    const { bytes } = blockFormats[format];
    const values = this.reserve(columns * k * bytes);
    let row = 0;
    for (const tensor of tensors) {
      this.steps.push({ kind: "float", tensor, kept: format, k, values: values + row * k * bytes });
      row += columns / tensors.length;
    }
    return { kind: "float", values, scales: 0, sums: 0 };
  }

  /** Vectors one after the other; 0 when there is none of them. */
  #stack(names: readonly string[], length: number): Address {
    const present = names.filter((name) => this.has(name));
    if (present.length === 0) return 0;
    const each = length / names.length;
    const to = this.reserve(length * 4);
    for (const [index, name] of names.entries()) {
      // Memory is zero where there is none.
      if (this.has(name))
        this.steps.push({ kind: "numbers", tensor: this.#vectorTensor(name, each), to: to + index * each * 4 });
    }
    return to;
  }

  #vector(name: string, length: number): Address {
    const tensor = this.#vectorTensor(name, length);
    const to = this.reserve(length * 4);
    this.steps.push({ kind: "numbers", tensor, to });
    return to;
  }

  #vectorTensor(name: string, length: number): SupportedTensor {
    const tensor = this.#tensor(name);
    if (tensor.dimensions[0] !== length || tensor.dimensions.slice(1).some((size) => size !== 1)) {
      throw this.#invalid(name, `is ${shapeOf(tensor)}, not [${length}]`);
    }
    return tensor;
  }

  #matrix(name: string, columns: number, k: number): SupportedTensor {
    const tensor = this.#tensor(name);
    const [rowLength, rows = 1] = tensor.dimensions;
    if (tensor.dimensions.length > 2 || rowLength !== k || rows !== columns) {
      throw this.#invalid(name, `is ${shapeOf(tensor)}, not [${k}, ${columns}]`);
    }
    return tensor;
  }

  #tensor(name: string): SupportedTensor {
    const tensor = this.#header.tensors.get(name);
    if (tensor === undefined) throw nativeEmbedError("INVALID_TENSOR", this.#header.name, `there is no "${name}"`);
    if (!isSupported(tensor)) {
      throw nativeEmbedError(
        "UNSUPPORTED_TENSOR_TYPE",
        this.#header.name,
        `"${name}" is stored as ${ggmlTypeName(tensor.type)}`,
      );
    }
    return tensor;
  }

  #invalid(name: string, detail: string): Error {
    return nativeEmbedError("INVALID_TENSOR", this.#header.name, `"${name}" ${detail}`);
  }
}

/** What the kernels' vector loads, and a cache line, ask for. */
function align(address: Address): Address {
  return Math.ceil(address / 64) * 64;
}

function isSupported(tensor: GgufTensor): tensor is SupportedTensor {
  return tensor.format !== undefined && tensor.byteLength !== undefined;
}

function isFloat(format: BlockFormatName): boolean {
  return format === "F32" || format === "F16" || format === "BF16";
}

/** One that holds the numbers of all. */
function commonFormat(formats: readonly BlockFormatName[]): BlockFormatName {
  const [first = "F32"] = formats;
  return formats.every((format) => format === first) ? first : "F32";
}

function shapeOf(tensor: GgufTensor): string {
  return `[${tensor.dimensions.join(", ")}]`;
}
