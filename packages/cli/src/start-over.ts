const STARTED_OVER = "RESONA_STARTED_OVER";

/**
 * glibc gives every thread a heap of its own, up to eight for each core, and after the first large buffers keeps what
 * is freed. That suits a program that streams badly: what it allocates is dead almost at once.
 */
const glibcSettings = { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072" };

/**
 * Starts this process over with what has to be settled before it starts: in its place (same process number, same
 * terminal), and only once. Does not return where the platform can do that. Call it first: what ran before is lost.
 *
 * @param args all but the program itself.
 * @param environment variables to add; what a user has set stays.
 * @returns whether this process has been started over.
 */
export function startOver(args: readonly string[], environment: Readonly<Record<string, string>> = {}): boolean {
  // The process number says that it is this very process, and not a parent.
  const mark = { [STARTED_OVER]: String(process.pid) };
  if (process.env[STARTED_OVER] === mark[STARTED_OVER]) return true;
  if (process.platform !== "linux" || !process.execve) return false;
  return process.execve(process.execPath, [process.execPath, ...args], {
    ...glibcSettings,
    ...environment,
    ...process.env,
    ...mark,
  });
}
