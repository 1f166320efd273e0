import { setFlagsFromString } from "node:v8";

import { startOver } from "./start-over.ts";

/**
 * V8 lets the space for new objects grow to 32 MB, and the whole heap with it; and the heap to several times of what is
 * in use before it collects garbage, of which this is the percentage that may be added.
 */
const nodeFlags = ["--max-semi-space-size=8", "--heap-growing-percent=20"];

/**
 * Makes this process keep as little memory as a program that streams needs, by starting it over. With the first flag
 * alone a cold index of 12,000 files peaked at 432 MB instead of 674 MB, and took 5 % longer. Where that cannot be done
 * it sets what can be set while the process runs.
 */
export function boundMemory(): void {
  if (startOver([...nodeFlags, ...process.execArgv, ...process.argv.slice(1)])) return;
  // V8 reads this one whenever it considers growing that space.
  setFlagsFromString("--semi-space-growth-factor=1");
}
