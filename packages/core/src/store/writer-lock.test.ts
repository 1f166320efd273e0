import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { isBeingWritten, lockForWriting } from "./writer-lock.ts";

/** What a process runs that takes the lock, says so, and keeps it until it is killed. */
function holderScript(folder: string): string {
  return `
    import { lockForWriting } from ${JSON.stringify(new URL("./writer-lock.ts", import.meta.url).href)};
    try {
      await lockForWriting(${JSON.stringify(folder)});
      console.log("held");
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(error.code);
    }`;
}

function holderProcess(folder: string): ChildProcess {
  const child = spawn(process.execPath, ["--input-type=module", "-e", holderScript(folder)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdout ?? child, "data")) as [Buffer];
  return data.toString().trim();
}

function codeOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("lockForWriting", () => {
  it("lets one process in and names it to the other", async () => {
    const folder = await temporaryFolder();
    const child = holderProcess(folder);
    expect(await said(child)).toBe("held");
    await expect(lockForWriting(folder)).rejects.toMatchObject({
      code: "INDEX_LOCKED",
      message: expect.stringContaining(`process ${child.pid} since 20`) as string,
    });
  });

  it("excludes a second writer in the same process", async () => {
    const folder = await temporaryFolder();
    const { release } = await lockForWriting(folder);
    await expect(lockForWriting(folder)).rejects.toMatchObject({ code: "INDEX_LOCKED" });
    await release();
    await (await lockForWriting(folder)).release();
  });

  it("is free at once after its holder was killed", async () => {
    const folder = await temporaryFolder();
    const child = holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(join(folder, "writer.lock"))).toBe(true);
    const { release } = await lockForWriting(folder);
    await release();
    expect(existsSync(join(folder, "writer.lock"))).toBe(false);
  });

  it.skipIf(process.platform !== "linux")(
    "is free after its holder was killed and nobody asks how it ended",
    async () => {
      const folder = await temporaryFolder();
      // As the first process of a container that knows nothing of the children it has been left.
      const parent = spawn(
        "sh",
        ["-c", '"$@" & exec sleep 60', "sh", process.execPath, "--input-type=module", "-e", holderScript(folder)],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      onTestFinished(() => void parent.kill("SIGKILL"));
      expect(await said(parent)).toBe("held");
      const { pid } = JSON.parse(await readFile(join(folder, "writer.json"), "utf8")) as { pid: number };
      process.kill(pid, "SIGKILL");
      await vi.waitUntil(async () => (await readFile(`/proc/${pid}/stat`, "utf8")).includes(") Z "));
      await (await lockForWriting(folder)).release();
    },
  );

  it("is won by exactly one of several processes that find a killed holder", async () => {
    const folder = await temporaryFolder();
    const dead = holderProcess(folder);
    expect(await said(dead)).toBe("held");
    dead.kill("SIGKILL");
    await once(dead, "exit");
    const answers = await Promise.all(Array.from({ length: 4 }, () => said(holderProcess(folder))));
    expect(answers.toSorted()).toEqual(["INDEX_LOCKED", "INDEX_LOCKED", "INDEX_LOCKED", "held"]);
  });

  it("does not take a living process for a dead holder whose number it has", async () => {
    const folder = await temporaryFolder();
    const child = holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    // As if the number had been given to this living process.
    const name = JSON.parse(await readFile(join(folder, "writer.json"), "utf8")) as object;
    await writeFile(join(folder, "writer.json"), JSON.stringify({ ...name, pid: process.ppid }));
    await (await lockForWriting(folder)).release();
  });

  it("stays with a living holder whose heartbeat stopped, as under a debugger or in a sleeping computer", async () => {
    const folder = await temporaryFolder();
    const child = holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGSTOP");
    await utimes(join(folder, "writer.lock"), 0, 0);
    await expect(lockForWriting(folder)).rejects.toMatchObject({ code: "INDEX_LOCKED" });
    child.kill("SIGCONT");
  });

  it("says so when it was taken away, and leaves the new holder's alone", async () => {
    const folder = await temporaryFolder();
    const lock = await lockForWriting(folder);
    lock.assertHeld();
    await rm(join(folder, "writer.lock"), { recursive: true });
    await mkdir(join(folder, "writer.lock"));
    await writeFile(join(folder, "writer.json"), JSON.stringify({ pid: 1, host: "elsewhere", since: "now" }));
    // The next heartbeat notices.
    await expect.poll(() => codeOf(lock.assertHeld), { timeout: 30_000, interval: 500 }).toBe("LOCK_LOST");
    await lock.release();
    expect(await readdir(folder)).toEqual(["writer.json", "writer.lock"]);
  });

  it("is free at once after its holder was killed between leaving its name and taking it", async () => {
    const folder = await temporaryFolder();
    const child = holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    await rm(join(folder, "writer.lock"), { recursive: true });
    const lock = await lockForWriting(folder);
    expect(existsSync(join(folder, "writer.lock"))).toBe(true);
    await lock.release();
  });

  it("is free soon after a process was killed in its turn to look", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "takeover.lock"));
    const lock = await lockForWriting(folder);
    expect(existsSync(join(folder, "writer.lock"))).toBe(true);
    await lock.release();
  });

  it("is free for others once a living process has given it back", async () => {
    const folder = await temporaryFolder();
    await (await lockForWriting(folder)).release();
    expect(await isBeingWritten(folder)).toBe(false);
    expect(await said(holderProcess(folder))).toBe("held");
    expect(await isBeingWritten(folder)).toBe(true);
  });

  it("is not held by one who could not leave a name", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "writer.json"));
    await expect(lockForWriting(folder)).rejects.toMatchObject({ code: "STORE_FAILED" });
    await rm(join(folder, "writer.json"), { recursive: true });
    await (await lockForWriting(folder)).release();
  });

  it("waits for the heartbeat of a holder on another host", async () => {
    const folder = await temporaryFolder();
    const child = holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    const holder = { pid: 1, host: "elsewhere", since: new Date().toISOString() };
    await writeFile(join(folder, "writer.json"), JSON.stringify(holder));
    await expect(lockForWriting(folder)).rejects.toMatchObject({
      message: expect.stringContaining("process 1 on elsewhere") as string,
    });
  });
});
