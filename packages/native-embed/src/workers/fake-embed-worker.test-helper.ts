import { parentPort, threadId, workerData } from "node:worker_threads";

import type { ForwardPass } from "./protocol.ts";
import { serveForward } from "./serve-forward.ts";

/** What the thread is started with. */
export interface FakeSetup {
  readonly region: number;
  /** [accidents left]: each accident that happens takes one, and at 0 commands are plain tokens. */
  readonly accidents: Int32Array;
  /** Ends the thread before it takes its first request. */
  readonly failsToStart?: boolean;
  /** [requests begun], counted by all threads together. */
  readonly begun?: Int32Array;
}

/** First token of a request. The others are plain tokens, never negative. */
export const commands = { throw: -1, exit: -2, hang: -3, exhaust: -4, sleep: -5 } as const;

/** Numbers of a vector: the sum of the sequence's tokens, the region, the thread. */
export const FAKE_DIMENSION = 3;

/** A forward pass that does as it is told. */
const forward: ForwardPass = {
  embed(tokens, lengths) {
    const { accidents, region, begun } = workerData as FakeSetup;
    if (begun) Atomics.add(begun, 0, 1);
    if (tokens[0] === commands.sleep) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    else if (tokens[0]! < 0 && Atomics.sub(accidents, 0, 1) > 0) haveAccident(tokens[0]!);
    const vectors = new Float32Array(lengths.length * FAKE_DIMENSION);
    let at = 0;
    for (const [n, length] of lengths.entries()) {
      const sum = tokens.subarray(at, at + length).reduce((total, token) => total + token, 0);
      vectors.set([sum, region, threadId], n * FAKE_DIMENSION);
      at += length;
    }
    return vectors;
  },
};

function haveAccident(command: number): void {
  if (command === commands.throw) throw new Error("unreachable executed");
  if (command === commands.exit) process.exit(3);
  if (command === commands.hang) for (;;);
  if (command === commands.exhaust) for (const held: unknown[] = []; ;) held.push(Array(1_000_000).fill(held.length));
}

if (parentPort) {
  if ((workerData as FakeSetup).failsToStart) throw new Error("no forward pass");
  serveForward(parentPort, forward);
}
