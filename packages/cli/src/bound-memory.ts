import { setFlagsFromString } from "node:v8";

/**
 * What the process must be told before it starts. glibc gives every thread a heap of its own, up to eight for each
 * core, and after the first large buffers keeps what is freed; V8 lets the space for new objects grow to 32 MB and the
 * whole heap with it. That suits a program that streams badly: what it allocates is dead almost at once. A cold index
 * of 12,000 files peaked at 432 MB instead of 674 MB with these, and took 5 % longer.
 */
const environment = { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072" };
const nodeFlags = ["--max-semi-space-size=8"];
const STARTED_OVER = "RESONA_STARTED_OVER";

/**
 * Makes this process keep as little memory as a program that streams needs: starts it over with the settings above,
 * in its place (same process number, same terminal), where the platform can do that. Elsewhere it sets what can be set
 * while it runs. Call it first: what ran before is lost.
 */
export function boundMemory(): void {
  if (process.env[STARTED_OVER] === String(process.pid)) return;
  if (process.platform === "linux" && process.execve) {
    const args = [process.execPath, ...nodeFlags, ...process.execArgv, ...process.argv.slice(1)];
    // What a user has set stays; the process number says that it is this very process.
    process.execve(process.execPath, args, { ...environment, ...process.env, [STARTED_OVER]: String(process.pid) });
  }
  // V8 reads this one whenever it considers growing that space.
  setFlagsFromString("--semi-space-growth-factor=1");
}
