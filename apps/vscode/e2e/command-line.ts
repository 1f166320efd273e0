// The command `resona`, run from the sources: another process with the same index.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
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
