// The command `resona`, run from the sources: another process with the same index.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

import { repositoryFolder } from "./paths.ts";

const args = ["--conditions=@resona/source", join(repositoryFolder, "packages/cli/src/main.ts")];

/** Paths of the files that answer a query best, by the index as it is. */
export async function found(query: string, workspace: string): Promise<string[]> {
  const own = ["search", query, "--no-refresh", "--json", "--workspace", workspace];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...own]);
  return (JSON.parse(stdout) as { hits: { path: string }[] }).hits.map(({ path }) => path);
}

/** Begins to bring the index up to date. The caller sees to the end. */
export function startIndexing(workspace: string): ChildProcess {
  return spawn(process.execPath, [...args, "index", "--workspace", workspace], { stdio: "ignore" });
}

/** The command line, stopped while it has the lock of the index: it has it for as long as it stands still. */
export async function startWriting(workspace: string): Promise<ChildProcess> {
  for (;;) {
    const command = startIndexing(workspace);
    while (command.exitCode === null && !isLockedBy(command, workspace)) await delay(2);
    command.kill("SIGSTOP");
    if (isLockedBy(command, workspace)) return command;
    // There was so little to do that it was done before.
    command.kill("SIGKILL");
  }
}

function isLockedBy({ pid }: ChildProcess, workspace: string): boolean {
  const [lock, holder] = [join(workspace, ".resona/writer.lock"), join(workspace, ".resona/writer.json")];
  return existsSync(lock) && existsSync(holder) && readFileSync(holder, "utf8").includes(`${pid}`);
}
