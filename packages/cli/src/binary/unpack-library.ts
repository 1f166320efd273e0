import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";

/** A file in compressed pieces, so that neither packing nor unpacking it needs much memory. */
export interface PackedLibrary {
  /** Names the content; files of the same name are the same. */
  readonly name: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Paths of the pieces in order, each compressed on its own (zstd). */
  readonly pieces: readonly string[];
}

/**
 * Linux keeps what is written in memory in pieces as large as it was written in, and counts whole pieces for a process
 * that uses a part of one: written in megabytes, LanceDB's library takes 80 MB more.
 */
const WRITE_BYTES = 65_536;

/**
 * Puts the file into a folder unless it is there, and returns its path. It appears there whole or not at all, whoever
 * else does the same at the time.
 * Throws what the file system throws.
 */
export function unpackLibrary({ name, bytes, pieces }: PackedLibrary, folder: string): string {
  const path = join(folder, name);
  if (statSync(path, { throwIfNoEntry: false })?.size === bytes) return path;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}`;
  try {
    writePieces(partial, pieces);
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
  return path;
}

function writePieces(path: string, pieces: readonly string[]): void {
  const file = openSync(path, "w", 0o600);
  try {
    for (const piece of pieces) {
      const content = zstdDecompressSync(readFileSync(piece));
      for (let at = 0; at < content.length;)
        at += writeSync(file, content, at, Math.min(WRITE_BYTES, content.length - at));
    }
    // Or a power cut could leave a file of the right size without its content.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
