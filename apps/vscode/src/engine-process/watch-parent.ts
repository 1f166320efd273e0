const MS_BETWEEN_LOOKS = 2_000;

/**
 * Calls back once the process that started this one is gone, however it ended: its end of the channel closes then. Who
 * else holds that end open keeps this from being noticed, so the parent is looked for as well.
 */
export function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent || !isAlive(parent)) gone();
  }, MS_BETWEEN_LOOKS).unref();
  const gone = () => {
    clearInterval(timer);
    process.off("disconnect", gone);
    onGone();
  };
  process.once("disconnect", gone);
  if (!process.connected) gone();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
