/** Bytes that more are appended to, without limit. */
export class GrowingBytes {
  /** The first `length` count. Another array after `reserve` and `clear`. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_BYTES);
  length = 0;

  /** Makes room for `count` bytes after the first `length`. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  /** Forgets all bytes, and gives the room back if it is large. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(INITIAL_BYTES);
  }
}

const INITIAL_BYTES = 1_024;
const KEPT_BYTES = 262_144;
