const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const MAX_FIELD = 2 ** 29 - 1;
/** Of a 64-bit number, 7 bits a byte. */
const MAX_NUMBER_BYTES = 10;
/** Seven times 7 bits are exact in a double. */
const MAX_SMALL_NUMBER_BYTES = 7;

/**
 * Walks the fields of one Protocol Buffers message without knowing its schema
 * (https://protobuf.dev/programming-guides/encoding/). It is exact and strict: 64-bit numbers come as `bigint`, and
 * whatever is not a well-formed message throws `RangeError`, so that half-written files are recognised.
 *
 *     for (const reader = new ProtobufReader(message); reader.next();)
 *       if (reader.field === 3) version = reader.number();
 *
 * It is not taken from the small library `pbf`, because that reads 64-bit numbers as doubles: the names of deletion
 * files are made of random 64-bit numbers, and a name read wrongly is a file in use that is taken for garbage.
 */
export class ProtobufReader {
  /** Number of the field that {@link next} came to. */
  field = 0;
  readonly #message: Buffer;
  #wireType = VARINT;
  #valueStart = 0;
  #valueEnd = 0;

  constructor(message: Buffer) {
    this.#message = message;
  }

  /** Goes to the next field; false at the end of the message. */
  next(): boolean {
    const start = this.#valueEnd;
    if (start === this.#message.length) return false;
    const keyEnd = this.#numberEnd(start);
    const key = this.#smallNumber(start, keyEnd);
    this.field = Math.floor(key / 8);
    this.#wireType = key % 8;
    if (this.field === 0 || this.field > MAX_FIELD) throw new RangeError(`There is no field ${this.field}.`);
    this.#findValue(keyEnd);
    if (this.#valueEnd > this.#message.length) throw new RangeError("The message ends in the middle of a field.");
    return true;
  }

  /** The field's value as an unsigned number. */
  number(): bigint {
    this.#expect(VARINT);
    const [start, end] = [this.#valueStart, this.#valueEnd];
    if (end - start <= MAX_SMALL_NUMBER_BYTES) return BigInt(this.#smallNumber(start, end));
    let value = 0n;
    for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt((this.#message[at] ?? 0) & 0x7f);
    return BigInt.asUintN(64, value);
  }

  /** The field's value as bytes, or as the message in it: a view, not a copy. */
  bytes(): Buffer {
    this.#expect(LENGTH_DELIMITED);
    return this.#message.subarray(this.#valueStart, this.#valueEnd);
  }

  /** The field's value as UTF-8. */
  text(): string {
    return this.bytes().toString("utf8");
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new RangeError(`Field ${this.field} is of another type.`);
  }

  #findValue(start: number): void {
    this.#valueStart = start;
    switch (this.#wireType) {
      case VARINT:
        this.#valueEnd = this.#numberEnd(start);
        return;
      case FIXED_64:
        this.#valueEnd = start + 8;
        return;
      case FIXED_32:
        this.#valueEnd = start + 4;
        return;
      case LENGTH_DELIMITED:
        this.#valueStart = this.#numberEnd(start);
        this.#valueEnd = this.#valueStart + this.#smallNumber(start, this.#valueStart);
        return;
      default:
        // Groups, which nothing writes any more, and types that do not exist.
        throw new RangeError(`There is no wire type ${this.#wireType}.`);
    }
  }

  #numberEnd(start: number): number {
    for (let end = start; end < start + MAX_NUMBER_BYTES; end++) {
      const byte = this.#message[end];
      if (byte === undefined) throw new RangeError("The message ends in the middle of a number.");
      if (byte < 0x80) return end + 1;
    }
    throw new RangeError("A number is longer than 64 bits.");
  }

  #smallNumber(start: number, end: number): number {
    if (end - start > MAX_SMALL_NUMBER_BYTES) throw new RangeError("A key or a length is longer than 49 bits.");
    let value = 0;
    for (let at = end - 1; at >= start; at--) value = value * 128 + ((this.#message[at] ?? 0) & 0x7f);
    return value;
  }
}
