// Runs a command, with all that it starts, until standard input ends: that is when whoever started this closes it or
// dies, by whatever signal. `node supervisor.ts <folder> <command> [argument…]`; the folder is removed in the end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const [folder = "", command = "", ...args] = process.argv.slice(2);

// A leader of a process group, in which everything is that it starts.
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], detached: true });
const ended = once(child, "exit");
await Promise.race([ended, once(process.stdin.resume(), "end")]);
signalGroup(child, "SIGTERM");
await Promise.race([ended, delay(3000)]);
signalGroup(child, "SIGKILL");
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
process.exit();

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}
