import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

/** In which of the three steps of replacing a file, or between which. */
export type WriteMoment = "half written" | "written" | "renamed";

/**
 * Makes this process kill itself while it replaces a file of that name for the nth time: when half of the new one is
 * written, before it gets its name, or right after. These instants last microseconds, so that a kill from outside
 * would hardly ever fall into them.
 */
export function killInWrite(name: string, nth: number, moment: WriteMoment): void {
  const { rename, writeFile } = fs.promises;
  let left = nth;
  const isDue = (path: unknown, step: WriteMoment) =>
    step === moment && typeof path === "string" && basename(path) === name && --left === 0;
  const die = () => process.kill(process.pid, "SIGKILL");
  fs.promises.writeFile = async (path, data, options) => {
    const isHalf =
      typeof data === "string" && typeof path === "string" && isDue(path.replace(/\.new$/, ""), "half written");
    await writeFile(path, isHalf ? data.slice(0, data.length / 2) : data, options);
    if (isHalf) die();
  };
  fs.promises.rename = async (from, to) => {
    if (isDue(to, "written")) die();
    await rename(from, to);
    if (isDue(to, "renamed")) die();
  };
  syncBuiltinESMExports();
}
