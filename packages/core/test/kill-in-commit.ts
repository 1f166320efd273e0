import { ChunkTable } from "../src/store/chunk-table.ts";

/** A step of a commit, or of repairing one, after which the tables disagree. */
export type CommitStep = "write" | "delete";

/** Makes this process kill itself when it has done a step on the table of chunks for the nth time: that of files is next. */
export function killInCommit(step: CommitStep, nth: number): void {
  const original = Reflect.get(ChunkTable.prototype, step) as (...args: unknown[]) => Promise<void>;
  let left = nth;
  Reflect.set(ChunkTable.prototype, step, async function (this: ChunkTable, ...args: unknown[]) {
    await Reflect.apply(original, this, args);
    if (--left === 0) process.kill(process.pid, "SIGKILL");
  });
}
