import fc from "fast-check";
import { expect, test } from "vitest";

import { maxFieldBytes, separateFields } from "./separate-fields.ts";

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function fieldsOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const batches = await Array.fromAsync(separateFields(stream(chunks)));
  return batches.flat().map((field) => field.toString("latin1"));
}

test("fields are the same however the output is cut into pieces", async () => {
  const byte = fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, fc.nat({ max: 255 }));
  const chunks = fc.array(fc.uint8Array({ maxLength: 8 }).chain((bytes) => fc.tuple(...Array.from(bytes, () => byte))));
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      const whole = Buffer.concat(parts.map((part) => Buffer.from(part))).toString("latin1");
      expect(await fieldsOf(parts.map((part) => Uint8Array.from(part)))).toEqual(whole.split("\0").slice(0, -1));
    }),
  );
});

test("a field without end is cut", async () => {
  const long = Buffer.alloc(maxFieldBytes - 1, "x");
  const fields = await fieldsOf([long, long, long, Buffer.from("y\0z\0"), Buffer.concat([long, long, Buffer.of(0)])]);
  expect(fields.map((field) => field.length)).toEqual([maxFieldBytes, 1, maxFieldBytes]);
});
