import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ProtobufReader } from "./protobuf-reader.ts";
import { protobufMessage, type TestField } from "./protobuf.test-helper.ts";

const field = fc.integer({ min: 1, max: 2 ** 29 - 1 });
const anyMessage = fc.array(
  fc.tuple(field, fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 300 }))),
);

/** All fields, of which those at the places of numbers and bytes in `like` are read as such. */
function readAll(message: Buffer, like: readonly TestField[]): TestField[] {
  const fields: TestField[] = [];
  for (const reader = new ProtobufReader(message); reader.next();) {
    const value = typeof like[fields.length]?.[1] === "bigint" ? reader.number() : Uint8Array.from(reader.bytes());
    fields.push([reader.field, value]);
  }
  return fields;
}

function outcomeOf<T>(work: () => T): T | "refused" {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return "refused";
    throw error;
  }
}

describe("ProtobufReader", () => {
  it("reads what was written", () => {
    fc.assert(
      fc.property(anyMessage, (fields) => {
        expect(readAll(protobufMessage(...fields), fields)).toEqual(fields);
      }),
    );
  });

  it("reads numbers of 64 bits exactly", () => {
    for (const value of [0n, 2n ** 53n + 1n, 17_748_156_068_483_957_660n, 2n ** 64n - 1n])
      expect(readAll(protobufMessage([3, value]), [[3, value]])).toEqual([[3, value]]);
  });

  it("passes over fields of every type", () => {
    const message = Buffer.from("0d010203041101020304050607081a02ffff2007", "hex");
    const fields: number[] = [];
    for (const reader = new ProtobufReader(message); reader.next();) fields.push(reader.field);
    expect(fields).toEqual([1, 2, 3, 4]);
  });

  it("refuses a message that ends in the middle of a field", () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (fields, n) => {
        const message = protobufMessage(...fields);
        const cut = n % (message.length + 1);
        const ends = [0, ...fields.map((_, before) => protobufMessage(...fields.slice(0, before + 1)).length)];
        const whole = ends.indexOf(cut);
        expect(outcomeOf(() => readAll(message.subarray(0, cut), fields))).toEqual(
          whole === -1 ? "refused" : fields.slice(0, whole),
        );
      }),
    );
  });

  it.each([
    ["field 0", "0000"],
    ["a field beyond the greatest", "ffffffff7f00"],
    ["a group", "0b"],
    ["a type that does not exist", "0f00"],
    ["a number of more than ten bytes", "08ffffffffffffffffffff7f"],
    ["a length beyond the end", "0a05ffff"],
    ["a length beyond all measure", "0affffffffffffffffff01"],
  ])("refuses %s", (_, hex) => {
    expect(() => readAll(Buffer.from(hex, "hex"), [])).toThrow(RangeError);
  });

  it("refuses to take one type for another", () => {
    const reader = new ProtobufReader(protobufMessage([1, 5n], [2, "text"]));
    expect(reader.next()).toBe(true);
    expect(() => reader.text()).toThrow("Field 1 is of another type.");
    expect(reader.next()).toBe(true);
    expect(() => reader.number()).toThrow("Field 2 is of another type.");
    expect(reader.text()).toBe("text");
  });

  it("comes to an end, or refuses, whatever it is given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const outcome = outcomeOf(() => {
          let fields = 0;
          for (const reader = new ProtobufReader(Buffer.from(bytes)); reader.next();) fields++;
          return fields;
        });
        expect(outcome === "refused" || outcome <= bytes.length / 2).toBe(true);
      }),
    );
  });
});
