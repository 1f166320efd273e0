/** GGUF's value types in the order of their numbers in the file. */
const valueTypes = [
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

export type WrittenType = (typeof valueTypes)[number];

/** A metadata value as the writer wants it: with its type. */
export type WrittenValue =
  | {
      readonly type: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32" | "float64";
      readonly value: number;
    }
  | { readonly type: "uint64" | "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "array"; readonly elementType: WrittenType; readonly elements: readonly WrittenValue[] };

/** A metadata entry. */
export type WrittenEntry = readonly [key: string, value: WrittenValue];

export interface WrittenTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** ggml's number. */
  readonly type: number;
  readonly data: Uint8Array;
}

export interface WrittenFile {
  readonly metadata?: readonly WrittenEntry[];
  readonly tensors?: readonly WrittenTensor[];
  /** Where the tensor data is padded to; does not write `general.alignment` by itself. */
  readonly alignment?: number;
}

/** A GGUF version 3 file. Shares no code with the reader that it tests. */
export function writeGguf({ metadata = [], tensors = [], alignment = 32 }: WrittenFile): Buffer {
  const padding = (length: number): Buffer => Buffer.alloc((alignment - (length % alignment)) % alignment);
  const infos: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    infos.push(writeTensorInfo(tensor.name, tensor.dimensions, tensor.type, BigInt(offset)));
    const padded = Buffer.concat([tensor.data, padding(tensor.data.byteLength)]);
    data.push(padded);
    offset += padded.byteLength;
  }
  const header = Buffer.concat([
    writePreamble(BigInt(tensors.length), BigInt(metadata.length)),
    ...metadata.map(writeEntry),
    ...infos,
  ]);
  return Buffer.concat([header, padding(header.byteLength), ...data]);
}

export function writePreamble(tensors: bigint, entries: bigint, version = 3): Buffer {
  return Buffer.concat([Buffer.from("GGUF"), u32(version), u64(tensors), u64(entries)]);
}

export function writeEntry([key, value]: WrittenEntry): Buffer {
  return Buffer.concat([writeText(key), u32(typeNumber(value.type)), writeValue(value)]);
}

export function writeTensorInfo(name: string, dimensions: readonly number[], type: number, offset: bigint): Buffer {
  return Buffer.concat([
    writeText(name),
    u32(dimensions.length),
    ...dimensions.map((size) => u64(BigInt(size))),
    u32(type),
    u64(offset),
  ]);
}

export function writeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(BigInt(bytes.byteLength)), bytes]);
}

/** The value without its type. */
export function writeValue(written: WrittenValue): Buffer {
  const bytes = Buffer.alloc(8);
  switch (written.type) {
    case "uint8":
      return bytes.subarray(0, bytes.writeUInt8(written.value));
    case "int8":
      return bytes.subarray(0, bytes.writeInt8(written.value));
    case "uint16":
      return bytes.subarray(0, bytes.writeUInt16LE(written.value));
    case "int16":
      return bytes.subarray(0, bytes.writeInt16LE(written.value));
    case "uint32":
      return bytes.subarray(0, bytes.writeUInt32LE(written.value));
    case "int32":
      return bytes.subarray(0, bytes.writeInt32LE(written.value));
    case "float32":
      return bytes.subarray(0, bytes.writeFloatLE(written.value));
    case "float64":
      return bytes.subarray(0, bytes.writeDoubleLE(written.value));
    case "uint64":
      return bytes.subarray(0, bytes.writeBigUInt64LE(written.value));
    case "int64":
      return bytes.subarray(0, bytes.writeBigInt64LE(written.value));
    case "bool":
      return bytes.subarray(0, bytes.writeUInt8(written.value ? 1 : 0));
    case "string":
      return writeText(written.value);
    case "array":
      return Buffer.concat([
        u32(typeNumber(written.elementType)),
        u64(BigInt(written.elements.length)),
        ...written.elements.map(writeValue),
      ]);
  }
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function typeNumber(type: WrittenType): number {
  return valueTypes.indexOf(type);
}
