import { writeGguf } from "@resona/test-models";
import type { WrittenValue } from "@resona/test-models";
import { describe, expect, it } from "vitest";

import { writeTinyModel } from "../architectures/tiny-model.test-helper.ts";
import { NativeEmbedError } from "../errors.ts";
import { inspectModel } from "../inspect-model.ts";
import { blockFormats } from "../quantization/block-formats.ts";
import { memorySource } from "./byte-source.ts";
import type { ByteSource } from "./byte-source.ts";
import type { GgufHeader } from "./gguf-header.ts";
import { extremeNumbers, mutations } from "./mutations.test-helper.ts";
import { readGgufHeader } from "./read-gguf-header.ts";

const numbers = (type: "int32" | "float32", count: number): WrittenValue => ({
  type: "array",
  elementType: type,
  elements: Array.from({ length: count }, (_, value) => ({ type, value })),
});

/** Every type of value, an array in an array, a long text, and a tensor of every format. */
const everything = writeGguf({
  metadata: [
    ["general.architecture", { type: "string", value: "bert" }],
    ["general.alignment", { type: "uint32", value: 64 }],
    ["bert.block_count", { type: "uint16", value: 2 }],
    ["bert.context_length", { type: "uint64", value: 512n }],
    ["bert.pooling_type", { type: "uint8", value: 1 }],
    ["bert.attention.layer_norm_epsilon", { type: "float32", value: 1e-12 }],
    ["bert.attention.causal", { type: "bool", value: false }],
    ["an.int8", { type: "int8", value: -1 }],
    ["an.int16", { type: "int16", value: -1 }],
    ["an.int64", { type: "int64", value: -1n }],
    ["a.float64", { type: "float64", value: 0.5 }],
    ["tokenizer.ggml.model", { type: "string", value: "bert" }],
    ["tokenizer.ggml.tokens", { type: "array", elementType: "string", elements: ["[PAD]", "a", "##b"].map(text) }],
    ["tokenizer.ggml.scores", numbers("float32", 3)],
    ["nested", { type: "array", elementType: "array", elements: [numbers("int32", 2), numbers("int32", 0)] }],
    ["tokenizer.chat_template", text("{{ message }}".repeat(400))],
  ],
  tensors: Object.entries(blockFormats).map(([name, { type, elements, bytes }]) => ({
    name: `${name}.weight`,
    dimensions: [elements, 2],
    type,
    data: Buffer.alloc(2 * bytes, 1),
  })),
  alignment: 64,
});

function text(value: string): WrittenValue {
  return { type: "string", value };
}

const files: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["a file with everything", everything],
  ["a static embedding", writeTinyModel()],
];

describe.each(files)("%s", (_, file) => {
  it("that is damaged is refused with a coded error, or its header holds what it promises", async () => {
    const faults: string[] = [];
    let refused = 0;
    for (const { what, bytes } of mutations(1, file, 6_000)) {
      const source = watched(memorySource(bytes));
      const header = await unlessRefused(readGgufHeader(source), what);
      const fault = header === undefined ? undefined : brokenPromise(header, bytes.byteLength);
      if (header === undefined) refused++;
      if (fault !== undefined) faults.push(`${fault}: ${what}`);
      if (source.bytesRead > bytes.byteLength) faults.push(`something was read twice: ${what}`);
    }
    expect(faults).toEqual([]);
    // The damage is neither always noticed nor never.
    expect(refused).toBeGreaterThan(1_000);
    expect(refused).toBeLessThan(6_000);
  });

  it("that is damaged is inspected or refused with a coded error", async () => {
    let inspected = 0;
    for (const { what, bytes } of mutations(2, file, 3_000)) {
      if ((await unlessRefused(inspectModel(memorySource(bytes)), what)) !== undefined) inspected++;
    }
    expect(inspected).toBeGreaterThan(100);
  });

  it("costs no more to read when a number of its header is extreme, and the file large enough for it", async () => {
    const { dataPosition } = await readGgufHeader(memorySource(file));
    const faults: string[] = [];
    for (const { what, bytes } of extremeNumbers(file, Math.min(dataPosition, 3_000))) {
      // Every count and length fits into this file: only the limits help.
      const source = watched(memorySource(bytes), 2 ** 52);
      await unlessRefused(readGgufHeader(source), what);
      if (source.largestRead > 65_536) faults.push(`${source.largestRead} bytes are read at once: ${what}`);
      if (source.bytesRead > 40_000_000) faults.push(`${source.bytesRead} bytes are read: ${what}`);
    }
    expect(faults).toEqual([]);
  });
});

/** What a promise resolves to; undefined when it rejects with a coded error. Anything else fails the test. */
async function unlessRefused<T>(promise: Promise<T>, what: string): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof NativeEmbedError) return undefined;
    throw new Error(`after ${what}`, { cause: error });
  }
}

/** What is untrue of a header that was read from a file of `size` bytes. */
function brokenPromise(header: GgufHeader, size: number): string | undefined {
  let end = header.dataPosition;
  for (const tensor of [...header.tensors.values()].toSorted((a, b) => a.position - b.position)) {
    if (tensor.position < end) return `${tensor.name} overlaps what is before it`;
    if (tensor.position % header.alignment !== 0) return `${tensor.name} is not aligned`;
    end = tensor.position + (tensor.byteLength ?? 1);
    if (!(end <= size)) return `${tensor.name} ends outside the file`;
    if (!tensor.dimensions.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0)) {
      return `${tensor.name} has impossible dimensions`;
    }
  }
  for (const [key, value] of header.metadata) {
    if (typeof value === "object" && !(value.position + value.byteLength <= size))
      return `${key} ends outside the file`;
  }
  return undefined;
}

/** Keeps account of what is read. With a size, zeros follow the source's own bytes. */
function watched(
  inner: ByteSource,
  size: number = inner.size,
): ByteSource & { bytesRead: number; largestRead: number } {
  return {
    ...inner,
    size,
    bytesRead: 0,
    largestRead: 0,
    async read(target, position) {
      this.bytesRead += target.byteLength;
      this.largestRead = Math.max(this.largestRead, target.byteLength);
      const own = Math.max(0, Math.min(target.byteLength, inner.size - position));
      target.fill(0, own);
      if (own > 0) await inner.read(target.subarray(0, own), position);
    },
  };
}
