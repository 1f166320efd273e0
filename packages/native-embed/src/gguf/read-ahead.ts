import type { ByteSource } from "./byte-source.ts";

/** A part of a source, to be read in order in pieces. */
export interface ReadAhead {
  readonly position: number;
  readonly byteLength: number;
  /** Bytes of a piece; the last one may be smaller. */
  readonly pieceBytes: number;
  /** Reads under way at a time: a piece is valid until so many later ones have been taken. */
  readonly depth: number;
  /** Where piece number `index`, which begins `from` bytes after `position`, is to be read to. */
  readonly target: (index: number, from: number, bytes: number) => Uint8Array;
}

/**
 * The pieces in order, each read while the ones before it are used: disk and processor work at once, and the waiting
 * for each read is hidden behind the others. However it ends, no read is under way any more when it has.
 * Rejects with what the source's `read` rejects with.
 */
export async function* readAhead(source: ByteSource, part: ReadAhead): AsyncGenerator<Uint8Array, void, undefined> {
  const { position, byteLength, pieceBytes, depth, target } = part;
  const pieces = Math.ceil(byteLength / pieceBytes);
  const underWay: { readonly piece: Uint8Array; readonly read: Promise<void> }[] = [];
  let started = 0;
  const start = (): void => {
    const from = started * pieceBytes;
    const bytes = Math.min(pieceBytes, byteLength - from);
    const piece = target(started, from, bytes);
    const read = source.read(piece, position + from);
    // It is awaited when its turn comes; until then a failure must not count as unhandled.
    read.catch(() => undefined);
    underWay.push({ piece, read });
    started++;
  };
  try {
    while (started < Math.min(depth, pieces)) start();
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
      await next.read;
      yield next.piece;
      // What was yielded is done with now, and its place is free.
      if (started < pieces) start();
    }
  } finally {
    await Promise.allSettled(underWay.map(({ read }) => read));
  }
}

/** Reads that are enough to hide the waiting for one. */
export const READS_AHEAD = 4;
