import type { ByteSource } from "./byte-source.ts";
import { limits } from "./limits.ts";

/** Takes some whole blocks, in order; `firstBlock` is the index of the first. The bytes are overwritten afterwards. */
export type BlockSink = (blocks: Uint8Array, firstBlock: number) => void;

/**
 * Hands the bytes of a tensor to `sink`, as many whole blocks at a time as one read of 64 KiB holds.
 * Only the staging buffer is allocated; other work of the process gets its turn between the reads.
 * Rejects with what the source's `read` rejects with and what `sink` throws.
 */
export async function streamTensor(
  source: ByteSource,
  tensor: { readonly position: number; readonly byteLength: number },
  blockBytes: number,
  sink: BlockSink,
): Promise<void> {
  const step = Math.floor(limits.windowBytes / blockBytes) * blockBytes;
  const stage = new Uint8Array(Math.min(step, tensor.byteLength));
  for (let done = 0; done < tensor.byteLength; done += step) {
    const blocks = stage.subarray(0, Math.min(step, tensor.byteLength - done));
    await source.read(blocks, tensor.position + done);
    sink(blocks, done / blockBytes);
  }
}
