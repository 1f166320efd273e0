/** One field of a Protocol Buffers message: a number, or bytes, text or the message in it. */
export type TestField = readonly [field: number, value: bigint | string | Uint8Array];

/** Writes a Protocol Buffers message, plainly. */
export function protobufMessage(...fields: readonly TestField[]): Buffer {
  return Buffer.concat(
    fields.map(([field, value]) => {
      if (typeof value === "bigint") return Buffer.concat([varint(BigInt(field) * 8n), varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([varint(BigInt(field) * 8n + 2n), varint(BigInt(bytes.length)), bytes]);
    }),
  );
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest % 128n) + 128);
  }
}
