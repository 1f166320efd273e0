import type { BlockFormatName } from "../quantization/block-formats.ts";

/** The value types of GGUF, in the order of their numbers in the file. */
export const ggufValueTypes = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;

export type GgufValueType = (typeof ggufValueTypes)[number];

/** An array, left in the file: where it is and what it holds. Nothing of it was materialised. */
export interface GgufArray {
  readonly kind: "array";
  readonly elementType: GgufValueType;
  /** Elements. */
  readonly length: number;
  /** Position in the file of the first element. */
  readonly position: number;
  /** From `position` to the end of the last element. */
  readonly byteLength: number;
}

/** A text too long to be taken into memory unasked, left in the file. */
export interface GgufLongText {
  readonly kind: "long-text";
  /** Position in the file of the first byte of the text. */
  readonly position: number;
  readonly byteLength: number;
}

/** 64-bit integers are numbers where these are exact, else bigints. */
export type GgufValue = number | bigint | boolean | string | GgufArray | GgufLongText;

/** Where a tensor is in the file and how it is stored. */
export interface GgufTensor {
  readonly name: string;
  /** Row length first, as in the file: a table of V vectors of D numbers is `[D, V]`. */
  readonly dimensions: readonly number[];
  /** ggml's number of the storage format. */
  readonly type: number;
  /** The format's name; undefined when it is none that this package knows the size of. */
  readonly format: BlockFormatName | undefined;
  /** Absolute position in the file of the first block. */
  readonly position: number;
  /** Undefined when the format is unknown. When known, the file holds that many bytes from `position` on. */
  readonly byteLength: number | undefined;
}

/** All that a GGUF file says before its tensor data. */
export interface GgufHeader {
  /** The source's name, for errors. */
  readonly name: string;
  /** The two differ in nothing but that version 3 may be big-endian, which is not read here. */
  readonly version: 2 | 3;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes; every tensor begins at a multiple of it. */
  readonly alignment: number;
  /** Position in the file from which tensor offsets count. */
  readonly dataPosition: number;
}
