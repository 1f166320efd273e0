import { setFlagsFromString } from "node:v8";

/**
 * Makes this process keep less memory than V8 would by default, which suits a program that streams: what it allocates
 * is dead almost at once. V8 otherwise grows the space for new objects to 32 MB and more, and the whole heap with it;
 * a cold index of 4,800 files peaked at 705 MB instead of 509 MB, in the same CPU time.
 *
 * V8 reads this setting whenever it considers growing that space, so it may be set while it runs.
 */
export function boundMemory(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
