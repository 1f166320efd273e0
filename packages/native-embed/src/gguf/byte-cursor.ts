import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { limits } from "./limits.ts";

/**
 * A position in a source that moves forward only, behind one window of 64 KiB.
 *
 * Bytes are first made available (`fill`, which may read) and then taken (`u32()` and the like, which cannot fail):
 * the many small values of a header cost no promise each. Skipping reads nothing.
 */
export class ByteCursor {
  readonly #source: ByteSource;
  // Not from Buffer's shared pool, whose slab it would keep alive; never larger than the source.
  readonly #window: Buffer;
  /** Position in the source of the window's first byte. */
  #origin: number;
  /** Bytes of the window that are filled. */
  #filled = 0;
  /** The next byte to take, within the window; may lie beyond `#filled` after a skip. */
  #next = 0;

  constructor(source: ByteSource, position = 0) {
    this.#source = source;
    this.#window = Buffer.allocUnsafeSlow(Math.min(limits.windowBytes, source.size));
    this.#origin = position;
  }

  get position(): number {
    return this.#origin + this.#next;
  }

  /** Bytes from here to the end of the source. */
  get remaining(): number {
    return this.#source.size - this.position;
  }

  /** Whether the next `bytes` bytes can be taken without `fill`. */
  has(bytes: number): boolean {
    return this.#next + bytes <= this.#filled;
  }

  /**
   * Makes the next `bytes` bytes available; at most a window's worth.
   * Rejects with `TRUNCATED` when the source ends before.
   */
  async fill(bytes: number): Promise<void> {
    if (this.has(bytes)) return;
    this.#expect(bytes);
    const position = this.position;
    const kept = Math.max(0, this.#filled - this.#next);
    if (kept > 0) this.#window.copy(this.#window, 0, this.#next, this.#filled);
    this.#origin = position;
    this.#next = 0;
    // Until the read has succeeded, only the kept bytes count.
    this.#filled = kept;
    const end = Math.min(this.#window.byteLength, this.#source.size - position);
    await this.#source.read(this.#window.subarray(kept, end), position + kept);
    this.#filled = end;
  }

  /** Moves on by any number of bytes. Throws `TRUNCATED` when that is past the end. */
  skip(bytes: number): void {
    this.#expect(bytes);
    this.#next += bytes;
  }

  u8(): number {
    return this.#window.readUInt8(this.#advance(1));
  }

  i8(): number {
    return this.#window.readInt8(this.#advance(1));
  }

  u16(): number {
    return this.#window.readUInt16LE(this.#advance(2));
  }

  i16(): number {
    return this.#window.readInt16LE(this.#advance(2));
  }

  u32(): number {
    return this.#window.readUInt32LE(this.#advance(4));
  }

  i32(): number {
    return this.#window.readInt32LE(this.#advance(4));
  }

  u64(): bigint {
    return this.#window.readBigUInt64LE(this.#advance(8));
  }

  i64(): bigint {
    return this.#window.readBigInt64LE(this.#advance(8));
  }

  f32(): number {
    return this.#window.readFloatLE(this.#advance(4));
  }

  f64(): number {
    return this.#window.readDoubleLE(this.#advance(8));
  }

  /**
   * An unsigned 64-bit count, length or offset. Above 2^53 the result is rounded, which does not matter:
   * each is compared with a limit or the source's size, and is far beyond both.
   */
  length(): number {
    const low = this.u32();
    return low + this.u32() * 4_294_967_296;
  }

  /** UTF-8; broken sequences become U+FFFD. */
  text(bytes: number): string {
    const start = this.#advance(bytes);
    return this.#window.toString("utf8", start, start + bytes);
  }

  #advance(bytes: number): number {
    const start = this.#next;
    this.#next += bytes;
    return start;
  }

  #expect(bytes: number): void {
    if (bytes > this.remaining) {
      throw nativeEmbedError(
        "TRUNCATED",
        this.#source.name,
        `${bytes} bytes are announced at byte ${this.position} and only ${this.remaining} follow`,
      );
    }
  }
}
