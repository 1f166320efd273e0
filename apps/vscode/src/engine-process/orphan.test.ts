import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, onTestFinished } from "vitest";

import { methodOf } from "../protocol/protocol.ts";
import { engineProcess, isAlive } from "../testing/engine.ts";
import { manyFiles, workspaceOf } from "../testing/workspace.ts";

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("Its output is not read.");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return line;
}

/** Has the process at the other end of the channel open its engine. */
async function isReady(child: ChildProcess): Promise<void> {
  const params = { workspace: await workspaceOf({}), options: {} };
  child.send({ jsonrpc: "2.0", id: 1, method: methodOf("initialize"), params });
  await once(child, "message");
}

async function isGone(pid: number): Promise<void> {
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  while (isAlive(pid)) await sleep(20);
}

describe("the engine's process", () => {
  it("ends when its editor is killed, also while it indexes", async () => {
    const workspace = await workspaceOf(manyFiles(240));
    const script = `
      import { EngineClient } from ${JSON.stringify(new URL("../engine-client/engine-client.ts", import.meta.url).href)};
      const client = new EngineClient(() => (${JSON.stringify({ ...engineProcess, workspace, options: {}, memoryLimitMb: 512 })}));
      let isSaid = false;
      await client.index({ onEvent: (event) => {
        if (isSaid || event.type !== "progress" || event.filesIndexed === 0) return;
        console.log(client.state.pid);
        isSaid = true;
      } });`;
    const args = ["--conditions=@resona/source", "--input-type=module", "-e", script];
    const editor = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void editor.kill("SIGKILL"));
    const pid = Number(await firstLine(editor));
    expect(isAlive(pid)).toBe(true);
    editor.kill("SIGKILL");
    await isGone(pid);
  });

  it("ends without its parent even where its channel stays open", async () => {
    // The shell is its parent, and this process holds the other end of the channel.
    const { entry, execArgv = [] } = engineProcess;
    const shell = fork(entry, [], {
      execPath: "/bin/sh",
      execArgv: ["-c", `"$0" "$@" & echo $!; wait`, process.execPath, ...execArgv],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    onTestFinished(() => void shell.kill("SIGKILL"));
    const pid = Number(await firstLine(shell));
    await isReady(shell);
    shell.kill("SIGKILL");
    await once(shell, "exit");
    expect(shell.connected).toBe(true);
    await isGone(pid);
  });

  it("ends in peace when it is told to", async () => {
    const { entry, execArgv = [] } = engineProcess;
    const child = fork(entry, [], { execArgv: [...execArgv], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await isReady(child);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
