/** The limits of Linux, which a user namespace can lower for a process without disturbing others. */
import { spawn, spawnSync } from "node:child_process";
import { env, execPath } from "node:process";

import { describe, expect, it, onTestFinished } from "vitest";

import { write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";

const canLower = spawnSync("unshare", ["-Ur", "sh", "-c", "echo 9 > /proc/sys/user/max_inotify_watches"]).status === 0;

/** Watches a workspace where a limit is so low; what it says until it watches. */
async function watchWithin(limit: string, value: number, workspace: string): Promise<string[]> {
  const script = `
    import { watchWorkspace } from ${JSON.stringify(new URL("watch-workspace.ts", import.meta.url).href)};
    const index = async () => ({ status: "completed", filesIndexed: 0, filesRemoved: 0, filesFailed: 0 });
    const stop = new AbortController();
    const onEvent = (event) => {
      console.log(event.code ?? event.by ?? event.type, event.message ?? ".");
      if (event.type === "watching") stop.abort();
    };
    const workspace = process.argv[1];
    const maintain = async () => {};
    await watchWorkspace({ workspace, indexPath: workspace + "/.resona", index, maintain }, { signal: stop.signal, onEvent });`;
  const command = `echo ${value} > /proc/sys/user/${limit} && exec "$0" "$@"`;
  const args = ["--conditions=@resona/source", "--input-type=module", "-e", script, workspace];
  const child = spawn("unshare", ["-Ur", "sh", "-c", command, execPath, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  for await (const part of child.stdout.setEncoding("utf8")) said += part;
  return said.trim().split("\n");
}

describe.runIf(canLower)("a limit of the system", () => {
  it.each([
    ["watched folders", "max_inotify_watches", 9, "max_user_watches"],
    ["watchers", "max_inotify_instances", 0, "max_user_instances"],
  ])("of %s makes it compare the workspace instead, and tell the remedy", async (what, limit, value, setting) => {
    const root = await temporaryFolder();
    write(root, Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`d${n}/a.ts`, ""])));
    const remedy = `The system's limit of ${what} is reached.*sysctl fs.inotify.${setting}=`;
    const said = await watchWithin(limit, value, root);
    expect(said).toEqual([expect.stringMatching(`^WATCH_UNAVAILABLE ${remedy}`), "indexed .", "polling ."]);
  });

  it("that is high enough is no hindrance", async () => {
    const root = await temporaryFolder();
    write(root, { "d/a.ts": "" });
    expect(await watchWithin("max_inotify_watches", 9, root)).toEqual(["indexed .", "events ."]);
  });
});
