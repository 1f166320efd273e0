import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { u32, u64, writeGguf, writePreamble, writeTensorInfo, writeText, writeValue } from "@resona/test-models";
import type { WrittenFile, WrittenValue } from "@resona/test-models";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";

import { NativeEmbedError } from "../errors.ts";
import { blockFormats } from "../quantization/block-formats.ts";
import { memorySource, openFileSource } from "./byte-source.ts";
import type { ByteSource } from "./byte-source.ts";
import type { GgufValue } from "./gguf-header.ts";
import { readGgufHeader } from "./read-gguf-header.ts";

/** Rejects unless reading fails, and then gives the code; anything but a NativeEmbedError fails the test. */
async function codeOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await readGgufHeader(memorySource(bytes)).then(
    () => "no error",
    (reason: unknown) => reason,
  );
  if (error instanceof NativeEmbedError) return error.code;
  throw new Error(`expected a NativeEmbedError, got ${String(error)}`);
}

const text = (value: string): WrittenValue => ({ type: "string", value });
const int = (value: number): WrittenValue => ({ type: "int32", value });

const first = { name: "first", dimensions: [3], type: 0, data: Buffer.alloc(12, 1) };
const second = { name: "second", dimensions: [32, 2], type: 8, data: Buffer.alloc(68, 2) };

const sample = {
  metadata: [
    ["general.architecture", text("sample")],
    ["a.bool", { type: "bool", value: true }],
    ["a.uint64", { type: "uint64", value: 2n ** 60n + 1n }],
    ["a.float64", { type: "float64", value: 0.5 }],
    ["numbers", { type: "array", elementType: "int32", elements: [int(1), int(-2), int(3)] }],
    ["texts", { type: "array", elementType: "string", elements: [text("one"), text(""), text("drei")] }],
  ],
  tensors: [first, second],
} as const satisfies WrittenFile;

describe("reading a header", () => {
  it("gives every entry and every tensor", async () => {
    const bytes = writeGguf(sample);
    const header = await readGgufHeader(memorySource(bytes, "sample.gguf"));

    expect(header.name).toBe("sample.gguf");
    expect(header.metadata.get("general.architecture")).toBe("sample");
    expect(header.metadata.get("a.bool")).toBe(true);
    expect(header.metadata.get("a.uint64")).toBe(2n ** 60n + 1n);
    expect(header.metadata.get("a.float64")).toBe(0.5);
    expect(header.metadata.get("numbers")).toMatchObject({ kind: "array", elementType: "int32", length: 3 });
    expect(header.metadata.get("texts")).toMatchObject({ kind: "array", elementType: "string", length: 3 });
    const found = header.tensors.get("second")!;
    expect(found).toMatchObject({ dimensions: [32, 2], type: 8, format: "Q8_0", byteLength: 68 });
    expect(bytes.subarray(found.position, found.position + 68).every((byte) => byte === 2)).toBe(true);
  });

  it("gives back what was written, whatever the types", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 12 }),
        async (metadata) => {
          const bytes = writeGguf({ metadata });
          const header = await readGgufHeader(memorySource(bytes));
          expect([...header.metadata.keys()]).toEqual(metadata.map(([name]) => name));
          for (const [name, written] of metadata)
            expect(asRead(bytes, header.metadata.get(name)!)).toEqual(asWritten(written));
        },
      ),
    );
  });

  it("reads a header that is longer than its window", async () => {
    const metadata = Array.from(
      { length: 4_000 },
      (_, i) => [`key.${i}.${"k".repeat(i % 70)}`, text("v".repeat(i % 90))] as const,
    );
    const longKey = "k".repeat(65_535);
    const bytes = writeGguf({ metadata: [[longKey, int(7)], ...metadata], tensors: sample.tensors });
    const header = await readGgufHeader(memorySource(bytes));

    expect(header.metadata.get(longKey)).toBe(7);
    for (const [name, written] of metadata)
      expect(asRead(bytes, header.metadata.get(name)!)).toEqual(asWritten(written));
    expect(header.tensors.size).toBe(2);
  });

  it("leaves a long text in the file and says where it is", async () => {
    const long = "x".repeat(4_097);
    const bytes = writeGguf({
      metadata: [
        ["long", text(long)],
        ["after", text("y".repeat(4_096))],
      ],
    });
    const { metadata } = await readGgufHeader(memorySource(bytes));

    const found = metadata.get("long") as { kind: string; position: number; byteLength: number };
    expect(found.kind).toBe("long-text");
    expect(bytes.toString("utf8", found.position, found.position + found.byteLength)).toBe(long);
    expect(metadata.get("after")).toBe("y".repeat(4_096));
  });

  it("steps over arrays and texts of gigabytes without reading them", async () => {
    const gigabytes = 8 * 2 ** 30;
    const head = Buffer.concat([writePreamble(0n, 3n), writeText("array"), u32(9), u32(0), u64(BigInt(gigabytes))]);
    const middle = Buffer.concat([writeText("text"), u32(8), u64(BigInt(gigabytes))]);
    const tail = Buffer.concat([writeText("last"), u32(7), Buffer.of(1)]);
    const source = sparseSource([
      [0, head],
      [head.byteLength + gigabytes, middle],
      [head.byteLength + gigabytes + middle.byteLength + gigabytes, tail],
    ]);
    const header = await readGgufHeader(source);

    expect(header.metadata.get("last")).toBe(true);
    expect(source.largestRead).toBeLessThanOrEqual(65_536);
    expect(source.bytesRead).toBeLessThanOrEqual(3 * 65_536);
  });

  it("honours the alignment that the file names", async () => {
    const metadata = [["general.alignment", { type: "uint32", value: 256 }]] as const;
    const bytes = writeGguf({ metadata, tensors: sample.tensors, alignment: 256 });
    const header = await readGgufHeader(memorySource(bytes));

    expect(header.alignment).toBe(256);
    expect(header.dataPosition % 256).toBe(0);
    expect(bytes[header.tensors.get("second")!.position]).toBe(2);
  });

  it("tells a tensor of an unknown format by number, without a size", async () => {
    const tensors = [{ name: "t", dimensions: [256], type: 10, data: Buffer.alloc(84) }];
    const header = await readGgufHeader(memorySource(writeGguf({ tensors })));
    expect(header.tensors.get("t")).toMatchObject({ type: 10, format: undefined, byteLength: undefined });
  });

  it.each(Object.entries(blockFormats))(
    "knows the size of a tensor in %s",
    async (format, { type, elements, bytes }) => {
      const tensors = [{ name: "t", dimensions: [elements * 2, 3], type, data: Buffer.alloc(bytes * 6) }];
      const header = await readGgufHeader(memorySource(writeGguf({ tensors })));
      expect(header.tensors.get("t")).toMatchObject({ format, byteLength: bytes * 6 });
    },
  );

  it("reads version 2 as version 3, whose layout is the same", async () => {
    const bytes = writeGguf(sample);
    const ofThree = await readGgufHeader(memorySource(bytes));
    bytes.writeUInt32LE(2, 4);
    const ofTwo = await readGgufHeader(memorySource(bytes));
    expect(ofThree.version).toBe(3);
    expect(ofTwo).toEqual({ ...ofThree, version: 2 });
  });

  it("accepts tensors in another order than their data, and gaps between them", async () => {
    const infos = [writeTensorInfo("late", [1], 0, 128n), writeTensorInfo("early", [8], 0, 0n)];
    const bytes = Buffer.concat([writePreamble(2n, 0n), ...infos, Buffer.alloc(256)]);
    const { tensors, dataPosition } = await readGgufHeader(memorySource(bytes));
    expect([...tensors.values()].map(({ name, position }) => [name, position - dataPosition])).toEqual([
      ["late", 128],
      ["early", 0],
    ]);
  });

  it("accepts a file that ends right after an empty list of tensors", async () => {
    const header = await readGgufHeader(memorySource(writePreamble(0n, 0n)));
    expect(header.tensors.size).toBe(0);
  });
});

describe("refusing a file", () => {
  it("ends in a coded error wherever the file is cut off", async () => {
    const bytes = writeGguf(sample);
    const header = await readGgufHeader(memorySource(bytes));
    const lastByte = header.tensors.get("second")!.position + 68;
    for (let length = 0; length < lastByte; length++) {
      const code = await codeOf(bytes.subarray(0, length));
      expect(code, `cut off at ${length}`).toBe(length < 4 ? "NOT_GGUF" : "TRUNCATED");
    }
  });

  it("ends in a coded error wherever any file is cut off", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 5 }),
        fc.array(fc.constantFrom(...Object.values(blockFormats)), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(2, 3),
        async (metadata, formats, version) => {
          const tensors = formats.map(({ type, elements, bytes }, index) => ({
            name: `t.${index}`,
            dimensions: [elements, 2],
            type,
            data: Buffer.alloc(2 * bytes),
          }));
          const bytes = writeGguf({ metadata, tensors });
          bytes.writeUInt32LE(version, 4);
          const header = await readGgufHeader(memorySource(bytes));
          const last = header.tensors.get(`t.${formats.length - 1}`)!;
          for (let length = 0; length < last.position + last.byteLength!; length++) {
            const code = await codeOf(bytes.subarray(0, length));
            expect(code, `cut off at ${length}`).toBe(length < 4 ? "NOT_GGUF" : "TRUNCATED");
          }
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it("notices that the file has shrunk since it was opened", async () => {
    const folder = await mkdtemp(join(tmpdir(), "read-gguf-header-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "shrinking.gguf");
    const bytes = writeGguf({ metadata: [["long", text("x".repeat(100_000))]], tensors: sample.tensors });
    for (const length of [0, 3, 30, 70_000, 100_050]) {
      await writeFile(path, bytes);
      const source = await openFileSource(path);
      await truncate(path, length);
      await expect(readGgufHeader(source), `shrunk to ${length}`).rejects.toMatchObject({ code: "TRUNCATED" });
      await source.close();
    }
  });

  it("ends in a coded error or a header, whatever bytes are changed", async () => {
    const original = writeGguf(sample);
    const change = fc.tuple(fc.nat({ max: original.byteLength - 1 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(original);
        for (const [position, byte] of changes) bytes[position] = byte;
        const outcome = await readGgufHeader(memorySource(bytes)).then(
          () => true,
          (error: unknown) => error instanceof NativeEmbedError,
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["nothing at all", Buffer.alloc(0), "NOT_GGUF"],
    ["another magic", Buffer.from("GGML\x03\0\0\0"), "NOT_GGUF"],
    ["version 0", writePreamble(0n, 0n, 0), "UNSUPPORTED_VERSION"],
    ["2^63 tensors", writePreamble(2n ** 63n, 0n), "LIMIT_EXCEEDED"],
    ["2^63 entries", writePreamble(0n, 2n ** 63n), "LIMIT_EXCEEDED"],
    ["more entries than the bytes can hold", writePreamble(0n, 60_000n), "TRUNCATED"],
    ["more tensors than the bytes can hold", writePreamble(60_000n, 0n), "TRUNCATED"],
    ["a key of 2^64 - 1 bytes", entry(u64(2n ** 64n - 1n)), "LIMIT_EXCEEDED"],
    ["a key of 65,536 bytes", entry(writeText("k".repeat(65_536)), u32(0)), "LIMIT_EXCEEDED"],
    ["a text of 2^64 - 1 bytes", entry(writeText("k"), u32(8), u64(2n ** 64n - 1n)), "TRUNCATED"],
    ["an array of 2^64 - 1 numbers", entry(writeText("k"), u32(9), u32(10), u64(2n ** 64n - 1n)), "TRUNCATED"],
    ["an array of 2^64 - 1 texts", entry(writeText("k"), u32(9), u32(8), u64(2n ** 64n - 1n)), "TRUNCATED"],
    ["an array of 2^64 - 1 arrays", entry(writeText("k"), u32(9), u32(9), u64(2n ** 64n - 1n)), "TRUNCATED"],
    ["an unknown value type", entry(writeText("k"), u32(13)), "INVALID_METADATA"],
    ["an array of an unknown type", entry(writeText("k"), u32(9), u32(13), u64(0n)), "INVALID_METADATA"],
    ["a bool that is 2", entry(writeText("k"), u32(7), Buffer.of(2)), "INVALID_METADATA"],
    [
      "a key twice",
      writeGguf({
        metadata: [
          ["k", int(1)],
          ["k", int(2)],
        ],
      }),
      "INVALID_METADATA",
    ],
    ["an alignment of 0", aligned({ type: "uint32", value: 0 }), "INVALID_METADATA"],
    ["an alignment of 48", aligned({ type: "uint32", value: 48 }), "INVALID_METADATA"],
    ["an alignment that is a text", aligned(text("32")), "INVALID_METADATA"],
    ["an alignment of 2^31", aligned({ type: "uint32", value: 2 ** 31 }), "LIMIT_EXCEEDED"],
    ["a tensor without dimensions", tensor([], 0, 0n), "INVALID_TENSOR"],
    ["a tensor of five dimensions", tensor([1, 1, 1, 1, 1], 0, 0n), "LIMIT_EXCEEDED"],
    ["a tensor with an empty dimension", tensor([4, 0], 0, 0n), "INVALID_TENSOR"],
    ["rows that are no whole blocks", tensor([33, 1], 8, 0n), "INVALID_TENSOR"],
    ["an offset that is not aligned", tensor([1], 0, 16n), "INVALID_TENSOR"],
    ["an offset beyond the end", tensor([1], 0, 2n ** 63n), "TRUNCATED"],
    ["a tensor larger than the file", tensor([2 ** 40], 0, 0n), "TRUNCATED"],
    ["dimensions whose product overflows", tensor([2 ** 52, 2 ** 52, 2 ** 52, 2 ** 52], 0, 0n), "TRUNCATED"],
    ["an unknown format with more numbers than any tensor", tensor([2 ** 20, 2 ** 18], 10, 0n), "LIMIT_EXCEEDED"],
    ["an unknown format whose numbers overflow", tensor([2 ** 52, 2 ** 52, 2 ** 52], 10, 0n), "LIMIT_EXCEEDED"],
    ["a tensor that begins at the end of the file", tensor([4], 10, 256n), "TRUNCATED"],
    ["a tensor that begins inside another", placed(["a", [64], 0, 0], ["b", [1], 0, 224]), "INVALID_TENSOR"],
    ["the same when listed the other way round", placed(["b", [1], 0, 224], ["a", [64], 0, 0]), "INVALID_TENSOR"],
    ["two tensors in one place", placed(["a", [8], 0, 32], ["b", [8], 0, 32]), "INVALID_TENSOR"],
    ["two tensors of unknown size in one place", placed(["a", [256], 10, 0], ["b", [256], 11, 0]), "INVALID_TENSOR"],
    ["a tensor name of 65 bytes", tensor([1], 0, 0n, "n".repeat(65)), "LIMIT_EXCEEDED"],
    ["one tensor name twice", writeGguf({ tensors: [first, first] }), "INVALID_TENSOR"],
  ])("refuses %s", async (_, bytes, code) => {
    expect(await codeOf(bytes)).toBe(code);
  });

  it.each([
    [1, "it has version 1, whose lengths have 32 bits; versions 2 and 3 are read"],
    [4, "it has version 4; versions 2 and 3 are read"],
    [0x02_00_00_00, "it is big-endian; only little-endian files are read"],
    [0x03_00_00_00, "it is big-endian; only little-endian files are read"],
  ])("says what is wrong with version %i", async (version, sentence) => {
    await expect(readGgufHeader(memorySource(writePreamble(0n, 0n, version), "a.gguf"))).rejects.toMatchObject({
      code: "UNSUPPORTED_VERSION",
      message: `The file is a GGUF file of another version or byte order: a.gguf: ${sentence}.`,
    });
  });

  it("refuses to step through the texts of a file of gigabytes of zeros", async () => {
    const strings = 2 ** 30;
    const head = Buffer.concat([writePreamble(0n, 1n), writeText("k"), u32(9), u32(8), u64(BigInt(strings))]);
    const source = sparseSource([
      [0, head],
      [head.byteLength + 8 * strings, Buffer.alloc(8)],
    ]);
    await expect(readGgufHeader(source)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(source.bytesRead).toBeLessThanOrEqual(65_536);
  });

  it("compares a count with the size of the file before it counts", async () => {
    const texts = entry(writeText("k"), u32(9), u32(8), u64(2n ** 40n));
    await expect(readGgufHeader(memorySource(texts))).rejects.toThrow(
      'it announces 1099511627776 strings of "k" and only 32 bytes follow',
    );
  });

  it("refuses arrays nested deeper than four", async () => {
    const nest = (depth: number): WrittenValue =>
      depth === 0
        ? int(1)
        : { type: "array", elementType: depth === 1 ? "int32" : "array", elements: [nest(depth - 1)] };
    const four = await readGgufHeader(memorySource(writeGguf({ metadata: [["k", nest(4)]] })));
    expect(four.metadata.get("k")).toMatchObject({ elementType: "array", length: 1 });
    expect(await codeOf(writeGguf({ metadata: [["k", nest(5)]] }))).toBe("LIMIT_EXCEEDED");
  });

  it("refuses a header that would fill the heap with text", async () => {
    const metadata = Array.from({ length: 140 }, (_, i) => [`${i}`.padEnd(60_000, "k"), int(i)] as const);
    expect(await codeOf(writeGguf({ metadata }))).toBe("LIMIT_EXCEEDED");
  });

  it("says what is wrong, where, and what to do", async () => {
    const error = await readGgufHeader(memorySource(Buffer.from("GGML"), "models/x.bin")).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      name: "NativeEmbedError",
      message: 'The file is no GGUF file: models/x.bin: it does not begin with "GGUF".',
      nextStep: "Give the path of a .gguf model.",
    });
  });
});

const scalar: fc.Arbitrary<WrittenValue> = fc.oneof(
  fc.record({ type: fc.constant("uint8" as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ type: fc.constant("int8" as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant("uint16" as const), value: fc.integer({ min: 0, max: 65_535 }) }),
  fc.record({ type: fc.constant("int16" as const), value: fc.integer({ min: -32_768, max: 32_767 }) }),
  fc.record({ type: fc.constant("uint32" as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ type: fc.constant("int32" as const), value: fc.integer() }),
  fc.record({ type: fc.constant("float32" as const), value: fc.float() }),
  fc.record({ type: fc.constant("float64" as const), value: fc.double() }),
  fc.record({ type: fc.constant("uint64" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constant("int64" as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ type: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "grapheme", maxLength: 40 }) }),
);

const array: fc.Arbitrary<WrittenValue> = scalar.chain((head) =>
  fc
    .array(scalar, { maxLength: 20 })
    .map((more) => [head, ...more.filter(({ type }) => type === head.type)])
    .map((elements) => ({ type: "array" as const, elementType: head.type, elements })),
);

const key = fc
  .string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 })
  .filter((name) => name !== "general.alignment");
const value = fc.oneof(scalar, array);

/** What a value of the header stands for: arrays with their bytes in the file. */
function asRead(file: Buffer, found: GgufValue): unknown {
  if (typeof found !== "object" || found.kind !== "array") return found;
  const { elementType, length, position, byteLength } = found;
  return { elementType, length, content: file.toString("hex", position, position + byteLength) };
}

/** The same for a value that was written. */
function asWritten(written: WrittenValue): unknown {
  if (written.type === "array") {
    const content = Buffer.concat(written.elements.map(writeValue)).toString("hex");
    return { elementType: written.elementType, length: written.elements.length, content };
  }
  if (written.type === "float32") return Math.fround(written.value);
  return typeof written.value === "bigint" && Number.isSafeInteger(Number(written.value))
    ? Number(written.value)
    : written.value;
}

function entry(...parts: Buffer[]): Buffer {
  // Padded, so that the count of entries alone does not give the file away.
  return Buffer.concat([writePreamble(0n, 1n), ...parts, Buffer.alloc(32)]);
}

function aligned(alignment: WrittenValue): Buffer {
  return writeGguf({ metadata: [["general.alignment", alignment]] });
}

function tensor(dimensions: number[], type: number, offset: bigint, name = "t"): Buffer {
  return Buffer.concat([writePreamble(1n, 0n), writeTensorInfo(name, dimensions, type, offset), Buffer.alloc(256)]);
}

type Info = readonly [name: string, dimensions: number[], type: number, offset: number];

function placed(...infos: Info[]): Buffer {
  const written = infos.map(([name, dimensions, type, offset]) =>
    writeTensorInfo(name, dimensions, type, BigInt(offset)),
  );
  return Buffer.concat([writePreamble(BigInt(infos.length), 0n), ...written, Buffer.alloc(512)]);
}

/** A source of zeros with some bytes in it, which keeps account of what is read. */
function sparseSource(parts: readonly (readonly [position: number, bytes: Buffer])[]): ByteSource & {
  bytesRead: number;
  largestRead: number;
} {
  const [lastPosition, lastBytes] = parts.at(-1)!;
  return {
    name: "sparse",
    size: lastPosition + lastBytes.byteLength,
    bytesRead: 0,
    largestRead: 0,
    async read(target, position) {
      this.bytesRead += target.byteLength;
      this.largestRead = Math.max(this.largestRead, target.byteLength);
      target.fill(0);
      for (const [start, bytes] of parts) {
        const from = Math.max(start, position);
        const to = Math.min(start + bytes.byteLength, position + target.byteLength);
        if (from < to) target.set(bytes.subarray(from - start, to - start), from - position);
      }
    },
    async close() {},
  };
}
