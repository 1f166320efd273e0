import { nativeEmbedError } from "../errors.ts";
import { blockFormatName, blockFormats } from "../quantization/block-formats.ts";
import type { BlockFormatName } from "../quantization/block-formats.ts";
import { ByteCursor } from "./byte-cursor.ts";
import type { ByteSource } from "./byte-source.ts";
import { ggufValueTypes } from "./gguf-header.ts";
import type { GgufArray, GgufHeader, GgufTensor, GgufValue, GgufValueType } from "./gguf-header.ts";
import { limits } from "./limits.ts";

/**
 * Reads the header of a GGUF file of version 2 or 3, little-endian, through one window of 64 KiB.
 * Arrays and long texts are stepped over, not read: what they hold is found by their place.
 * Afterwards every tensor of a known format is known to lie inside the file, and no two to share a byte.
 *
 * Rejects with `NOT_GGUF`, `UNSUPPORTED_VERSION`, `TRUNCATED`, `LIMIT_EXCEEDED`, `INVALID_METADATA`, `INVALID_TENSOR`,
 * or what the source's `read` rejects with.
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  const reader: HeaderReader = {
    name: source.name,
    cursor: new ByteCursor(source),
    textBudget: limits.headerTextBytes,
    stepBudget: limits.arraySteps,
  };
  const { version, tensorCount, metadataCount } = await readPreamble(reader);
  const metadata = await readMetadata(reader, metadataCount);
  const infos = await readTensorInfos(reader, tensorCount);
  const alignment = alignmentOf(reader, metadata);
  const dataPosition = Math.ceil(reader.cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const info of infos) {
    if (tensors.has(info.name)) throw nativeEmbedError("INVALID_TENSOR", source.name, `"${info.name}" appears twice`);
    tensors.set(info.name, placeTensor(source, info, alignment, dataPosition));
  }
  refuseOverlaps(source, tensors.values());
  return { name: source.name, version, metadata, tensors, alignment, dataPosition };
}

interface HeaderReader {
  readonly name: string;
  readonly cursor: ByteCursor;
  /** Bytes of text that may still be taken into memory. */
  textBudget: number;
  /** Elements of arrays that may still be stepped over one by one. */
  stepBudget: number;
}

interface TensorInfo {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  /** From the start of the tensor data. */
  readonly offset: number;
}

const MAGIC = "GGUF";
const DEFAULT_ALIGNMENT = 32;

/** The fewest bytes that the things announced by a count take: what a count can be checked against at once. */
const smallest = {
  // Length of the key, type, a one-byte value.
  metadataEntry: 8 + 4 + 1,
  // Length of the name, number of dimensions, one dimension, type, offset.
  tensorInfo: 8 + 4 + 8 + 4 + 8,
  // The length alone.
  string: 8,
  // Element type and length.
  array: 4 + 8,
} as const;

/** Bytes of one value of a type of fixed size. */
const fixedSizes: Readonly<Record<Exclude<GgufValueType, "string" | "array">, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
};

interface Preamble {
  readonly version: 2 | 3;
  readonly tensorCount: number;
  readonly metadataCount: number;
}

async function readPreamble(reader: HeaderReader): Promise<Preamble> {
  const { cursor, name } = reader;
  if (cursor.remaining < 4) throw nativeEmbedError("NOT_GGUF", name, `it has ${cursor.remaining} bytes`);
  await cursor.fill(4);
  if (cursor.text(4) !== MAGIC) throw nativeEmbedError("NOT_GGUF", name, `it does not begin with "${MAGIC}"`);
  await cursor.fill(4);
  const version = checkVersion(name, cursor.u32());
  await cursor.fill(16);
  const tensorCount = cursor.length();
  const metadataCount = cursor.length();
  checkCount(reader, "tensors", tensorCount, smallest.tensorInfo, limits.tensors);
  checkCount(reader, "metadata entries", metadataCount, smallest.metadataEntry, limits.metadataEntries);
  return { version, tensorCount, metadataCount };
}

function checkVersion(name: string, version: number): 2 | 3 {
  if (version === 2 || version === 3) return version;
  throw nativeEmbedError("UNSUPPORTED_VERSION", name, versionProblem(version));
}

function versionProblem(version: number): string {
  if (version === 1) return "it has version 1, whose lengths have 32 bits; versions 2 and 3 are read";
  // A small number whose bytes are in the other order.
  if (version !== 0 && (version & 0xff_ff) === 0) return "it is big-endian; only little-endian files are read";
  return `it has version ${version}; versions 2 and 3 are read`;
}

async function readMetadata(reader: HeaderReader, count: number): Promise<Map<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>();
  for (let entry = 0; entry < count; entry++) {
    const key = await readName(reader, limits.keyBytes, "key");
    if (metadata.has(key)) throw nativeEmbedError("INVALID_METADATA", reader.name, `"${key}" appears twice`);
    const type = await readValueType(reader, key);
    metadata.set(key, await readValue(reader, key, type));
  }
  return metadata;
}

async function readValue(reader: HeaderReader, key: string, type: GgufValueType): Promise<GgufValue> {
  if (type === "array") return readArray(reader, key, 1);
  if (type === "string") return readTextValue(reader);
  const { cursor } = reader;
  await cursor.fill(fixedSizes[type]);
  switch (type) {
    case "uint8":
      return cursor.u8();
    case "int8":
      return cursor.i8();
    case "uint16":
      return cursor.u16();
    case "int16":
      return cursor.i16();
    case "uint32":
      return cursor.u32();
    case "int32":
      return cursor.i32();
    case "float32":
      return cursor.f32();
    case "float64":
      return cursor.f64();
    case "uint64":
      return exactNumber(cursor.u64());
    case "int64":
      return exactNumber(cursor.i64());
    case "bool": {
      const value = cursor.u8();
      if (value > 1) throw nativeEmbedError("INVALID_METADATA", reader.name, `"${key}" is neither true nor false`);
      return value === 1;
    }
  }
}

async function readTextValue(reader: HeaderReader): Promise<GgufValue> {
  const { cursor } = reader;
  await cursor.fill(8);
  const byteLength = cursor.length();
  if (byteLength <= limits.inlineTextBytes) return readText(reader, byteLength);
  const position = cursor.position;
  cursor.skip(byteLength);
  return { kind: "long-text", position, byteLength };
}

async function readArray(reader: HeaderReader, key: string, depth: number): Promise<GgufArray> {
  const { cursor } = reader;
  if (depth > limits.arrayDepth) {
    throw nativeEmbedError("LIMIT_EXCEEDED", reader.name, `"${key}" nests arrays deeper than ${limits.arrayDepth}`);
  }
  const elementType = await readValueType(reader, key);
  await cursor.fill(8);
  const length = cursor.length();
  const position = cursor.position;
  if (elementType === "string") {
    checkCount(reader, `strings of "${key}"`, length, smallest.string);
    takeSteps(reader, length);
    for (let element = 0; element < length; element++) {
      // Vocabularies have hundreds of thousands: no promise for those that the window holds.
      if (!cursor.has(8)) await cursor.fill(8);
      cursor.skip(cursor.length());
    }
  } else if (elementType === "array") {
    checkCount(reader, `arrays of "${key}"`, length, smallest.array);
    takeSteps(reader, length);
    for (let element = 0; element < length; element++) await readArray(reader, key, depth + 1);
  } else {
    cursor.skip(length * fixedSizes[elementType]);
  }
  return { kind: "array", elementType, length, position, byteLength: cursor.position - position };
}

async function readValueType(reader: HeaderReader, key: string): Promise<GgufValueType> {
  await reader.cursor.fill(4);
  const number = reader.cursor.u32();
  const type = ggufValueTypes[number];
  if (type === undefined) {
    throw nativeEmbedError("INVALID_METADATA", reader.name, `"${key}" has the unknown value type ${number}`);
  }
  return type;
}

async function readTensorInfos(reader: HeaderReader, count: number): Promise<TensorInfo[]> {
  const infos: TensorInfo[] = [];
  for (let tensor = 0; tensor < count; tensor++) infos.push(await readTensorInfo(reader));
  return infos;
}

async function readTensorInfo(reader: HeaderReader): Promise<TensorInfo> {
  const { cursor } = reader;
  const name = await readName(reader, limits.tensorNameBytes, "tensor name");
  await cursor.fill(4);
  const rank = cursor.u32();
  if (rank < 1) throw nativeEmbedError("INVALID_TENSOR", reader.name, `"${name}" has no dimensions`);
  if (rank > limits.tensorDimensions) {
    throw nativeEmbedError(
      "LIMIT_EXCEEDED",
      reader.name,
      `"${name}" has ${rank} dimensions, more than ${limits.tensorDimensions}`,
    );
  }
  await cursor.fill(rank * 8 + 4 + 8);
  const dimensions = Array.from({ length: rank }, () => cursor.length());
  return { name, dimensions, type: cursor.u32(), offset: cursor.length() };
}

/** Turns an offset into a place in the file, after checking that the tensor is there. */
function placeTensor(source: ByteSource, info: TensorInfo, alignment: number, dataPosition: number): GgufTensor {
  const { name, dimensions, type, offset } = info;
  const invalid = (detail: string): Error => nativeEmbedError("INVALID_TENSOR", source.name, `"${name}" ${detail}`);
  if (dimensions.some((size) => size < 1)) throw invalid("has an empty dimension");
  if (offset % alignment !== 0) throw invalid(`begins at ${offset}, not a multiple of ${alignment}`);
  const [rowLength = 0] = dimensions;
  const format = blockFormatName(type);
  const blockElements = format === undefined ? 1 : blockFormats[format].elements;
  if (rowLength % blockElements !== 0) throw invalid(`has rows of ${rowLength}, not a multiple of ${blockElements}`);
  const position = dataPosition + offset;
  const byteLength = format === undefined ? undefined : tensorBytes(dimensions, format);
  // Sums and products beyond 2^53 are rounded, but only ever from far above the size of any file.
  const end = position + (byteLength ?? LEAST_TENSOR_BYTES);
  if (end > source.size) {
    throw nativeEmbedError("TRUNCATED", source.name, `"${name}" ends at byte ${end} of ${source.size}`);
  }
  const count = dimensions.reduce((product, size) => product * size, 1);
  if (count > limits.tensorElements) {
    throw nativeEmbedError(
      "LIMIT_EXCEEDED",
      source.name,
      `"${name}" has ${dimensions.join(" x ")} numbers, more than ${limits.tensorElements}`,
    );
  }
  return { name, dimensions, type, format, position, byteLength };
}

/** What a tensor of unknown size is sure to have. */
const LEAST_TENSOR_BYTES = 1;

function tensorBytes([rowLength = 0, ...outer]: readonly number[], format: BlockFormatName): number {
  const { elements, bytes } = blockFormats[format];
  return outer.reduce((size, dimension) => size * dimension, (rowLength / elements) * bytes);
}

function refuseOverlaps(source: ByteSource, tensors: Iterable<GgufTensor>): void {
  const inFile = [...tensors].toSorted((a, b) => a.position - b.position);
  for (const [index, tensor] of inFile.entries()) {
    const next = inFile[index + 1];
    if (next !== undefined && next.position < tensor.position + (tensor.byteLength ?? LEAST_TENSOR_BYTES)) {
      throw nativeEmbedError("INVALID_TENSOR", source.name, `"${next.name}" begins inside "${tensor.name}"`);
    }
  }
}

function alignmentOf(reader: HeaderReader, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  // The specification asks for a multiple of 8, ggml for a power of two; every known file satisfies both.
  if (typeof alignment !== "number" || alignment < 8 || !Number.isInteger(Math.log2(alignment))) {
    throw nativeEmbedError("INVALID_METADATA", reader.name, `"general.alignment" is no power of two from 8 on`);
  }
  if (alignment > limits.alignment) {
    throw nativeEmbedError(
      "LIMIT_EXCEEDED",
      reader.name,
      `"general.alignment" is ${alignment}, more than ${limits.alignment}`,
    );
  }
  return alignment;
}

async function readName(reader: HeaderReader, limit: number, what: string): Promise<string> {
  await reader.cursor.fill(8);
  const length = reader.cursor.length();
  if (length > limit) {
    throw nativeEmbedError("LIMIT_EXCEEDED", reader.name, `a ${what} has ${length} bytes, more than ${limit}`);
  }
  return readText(reader, length);
}

async function readText(reader: HeaderReader, bytes: number): Promise<string> {
  reader.textBudget -= bytes;
  if (reader.textBudget < 0) {
    throw nativeEmbedError(
      "LIMIT_EXCEEDED",
      reader.name,
      `its header holds more than ${limits.headerTextBytes} bytes of text`,
    );
  }
  await reader.cursor.fill(bytes);
  return reader.cursor.text(bytes);
}

function takeSteps(reader: HeaderReader, steps: number): void {
  reader.stepBudget -= steps;
  if (reader.stepBudget < 0) {
    throw nativeEmbedError(
      "LIMIT_EXCEEDED",
      reader.name,
      `its arrays hold more than ${limits.arraySteps} texts and arrays`,
    );
  }
}

/** Refuses a count that is over its limit, or that what is left of the file cannot hold. */
function checkCount(reader: HeaderReader, what: string, count: number, smallestBytes: number, limit = Infinity): void {
  if (count > limit) {
    throw nativeEmbedError("LIMIT_EXCEEDED", reader.name, `it announces ${count} ${what}, more than ${limit}`);
  }
  if (count * smallestBytes > reader.cursor.remaining) {
    throw nativeEmbedError(
      "TRUNCATED",
      reader.name,
      `it announces ${count} ${what} and only ${reader.cursor.remaining} bytes follow`,
    );
  }
}

function exactNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
