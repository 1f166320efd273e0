import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { lockForWriting } from "./writer-lock.ts";

const lost = () => {
  throw new Error("lost the lock");
};

/** A process of its own that takes the lock, says so, and keeps it until it is killed. */
async function holderProcess(folder: string): Promise<ChildProcess> {
  const script = `
    import { lockForWriting } from ${JSON.stringify(new URL("./writer-lock.ts", import.meta.url).href)};
    try {
      await lockForWriting(${JSON.stringify(folder)}, () => {});
      console.log("held");
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(error.code);
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdout ?? child, "data")) as [Buffer];
  return data.toString().trim();
}

describe("lockForWriting", () => {
  it("lets one process in and names it to the other", async () => {
    const folder = await temporaryFolder();
    const child = await holderProcess(folder);
    expect(await said(child)).toBe("held");
    await expect(lockForWriting(folder, lost)).rejects.toMatchObject({
      code: "INDEX_LOCKED",
      message: expect.stringContaining(`process ${child.pid} since 20`) as string,
    });
  });

  it("excludes a second writer in the same process", async () => {
    const folder = await temporaryFolder();
    const release = await lockForWriting(folder, lost);
    await expect(lockForWriting(folder, lost)).rejects.toMatchObject({ code: "INDEX_LOCKED" });
    await release();
    await (
      await lockForWriting(folder, lost)
    )();
  });

  it("is free at once after its holder was killed", async () => {
    const folder = await temporaryFolder();
    const child = await holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(join(folder, "writer.lock"))).toBe(true);
    const release = await lockForWriting(folder, lost);
    await release();
    expect(existsSync(join(folder, "writer.lock"))).toBe(false);
  });

  it("is won by exactly one of several processes that find a killed holder", async () => {
    const folder = await temporaryFolder();
    const dead = await holderProcess(folder);
    expect(await said(dead)).toBe("held");
    dead.kill("SIGKILL");
    await once(dead, "exit");
    const answers = await Promise.all(Array.from({ length: 4 }, async () => said(await holderProcess(folder))));
    expect(answers.toSorted()).toEqual(["INDEX_LOCKED", "INDEX_LOCKED", "INDEX_LOCKED", "held"]);
  });

  it("does not take a living process for a dead holder whose number it has", async () => {
    const folder = await temporaryFolder();
    const child = await holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    // As if the number had been given to this living process, which started long after the lock was taken.
    const holder = { pid: process.ppid, host: hostname(), since: "2001-01-01T00:00:00.000Z" };
    await writeFile(join(folder, "writer.json"), JSON.stringify(holder));
    await (
      await lockForWriting(folder, lost)
    )();
  });

  it("waits for the heartbeat of a holder on another host", async () => {
    const folder = await temporaryFolder();
    const child = await holderProcess(folder);
    expect(await said(child)).toBe("held");
    child.kill("SIGKILL");
    await once(child, "exit");
    const holder = { pid: 1, host: "elsewhere", since: new Date().toISOString() };
    await writeFile(join(folder, "writer.json"), JSON.stringify(holder));
    await expect(lockForWriting(folder, lost)).rejects.toMatchObject({
      message: expect.stringContaining("process 1 on elsewhere") as string,
    });
  });
});
