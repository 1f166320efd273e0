import type { Address, KernelFunctions } from "../kernels/kernels.ts";
import { STACK_BYTES } from "../kernels/kernels.ts";
import type { Rows } from "./operations.ts";
import { FEED_FORWARD_ROWS } from "./operations.ts";
import type { HyperParameters } from "./transformer-plan.ts";

/** One thread's part of the memory. n is the number of tokens of a forward. */
export interface WorkSpace {
  readonly stack: Address;
  /** [n] int32 */
  readonly ids: Address;
  /** [n] int32: the position of each token in its text */
  readonly positions: Address;
  /** [n] int32, all 0 */
  readonly zeros: Address;
  /** [n, width]: the token vectors, from block to block */
  readonly x: Rows;
  /** [n, 3 × width] */
  readonly qkv: Rows;
  /** [n, width] */
  readonly attended: Rows;
  /** [n, width]: what a part of a block adds to x */
  readonly delta: Rows;
  /** [some rows, feedForward or 2 × feedForward] */
  readonly hidden: Rows;
  /** [width] */
  readonly pooled: Address;
  /** What one kernel needs for itself. */
  readonly work: Address;
  /** The first byte after it. */
  readonly end: Address;
}

/** Room beyond the last row, because the kernels write whole tiles of four rows. */
const SPARE_ROWS = 4;

type WorkBytes = Pick<KernelFunctions, "linear_work_bytes" | "attention_work_bytes">;

/** Divides the memory from `start` on for forwards of at most `tokens` tokens. `hiddenWidth`: columns of the widest `up`. */
export function divideWorkSpace(
  start: Address,
  tokens: number,
  hyper: HyperParameters,
  hiddenWidth: number,
  kernels: WorkBytes,
): WorkSpace {
  const { width, heads, feedForward } = hyper;
  let top = start;
  const take = (bytes: number): Address => {
    const address = top;
    top = Math.ceil((top + bytes) / 64) * 64;
    return address;
  };
  const rows = (count: number, stride: number): Rows => ({ at: take((count + SPARE_ROWS) * stride * 4), stride });
  return {
    stack: take(STACK_BYTES),
    ids: take(tokens * 4),
    positions: take(tokens * 4),
    zeros: take(tokens * 4),
    x: rows(tokens, width),
    qkv: rows(tokens, 3 * width),
    attended: rows(tokens, width),
    delta: rows(tokens, width),
    hidden: rows(Math.min(tokens, FEED_FORWARD_ROWS), hiddenWidth),
    pooled: take(width * 4),
    work: take(
      Math.max(
        kernels.linear_work_bytes(Math.max(width, feedForward)),
        kernels.attention_work_bytes(tokens, width / heads),
      ),
    ),
    end: top,
  };
}
