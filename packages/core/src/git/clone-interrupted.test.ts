import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import { git, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { cloneOrUpdate } from "./clone-repository.ts";
import { remoteRepository, replaceGit, startClone, text, url } from "./clone.test-helper.ts";
import { commitAll } from "./git.test-helper.ts";

test("a clone can be broken off, and git ends with it", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const cache = await temporaryFolder();
  const started = join(cache, "started");
  await replaceGit(`case "$*" in *clone*) echo $$ >${started}; sleep 60 & wait;; esac\nexec $GIT "$@"`);
  const controller = new AbortController();
  const reason = new Error("enough");
  const cloning = cloneOrUpdate(url(remote), cache, { signal: controller.signal });
  await expect.poll(() => text(cache, "started"), { timeout: 10_000 }).toMatch(/\n/u);
  const pid = Number(text(cache, "started"));
  controller.abort(reason);
  await expect(cloning).rejects.toBe(reason);
  // Process 1 may take its time to notice that what was left to it has ended.
  await expect.poll(() => isGroupAlive(pid), { timeout: 10_000 }).toBe(false);
});

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

/** Kills the process, not the git that it has started, as soon as it reports that. */
async function killAt(child: ChildProcess, activity: string): Promise<void> {
  let output = "";
  for await (const part of child.stdout?.setEncoding("utf8") ?? []) {
    output += part;
    if (output.includes(activity) && child.kill("SIGKILL")) break;
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  expect(output).toContain(activity);
  expect(child.signalCode).toBe("SIGKILL");
}

test("a clone and an update that were killed are taken up by the next run, which gets the whole", async () => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}.ts`, `file ${i}`]));
  const remote = await remoteRepository(files);
  // The real git, with time to be killed in: after the objects have come, and before the files are written.
  await replaceGit(`case "$*" in
    *" clone "*) $GIT "$@" --no-checkout; sleep 0.3; echo "Killing me: 1%" >&2; sleep 1; exit 1;;
    *" reset "*) for lock; do case $lock in --git-dir=*) touch "\${lock#*=}/index.lock";; esac; done
      echo "Killing me: 1%" >&2; sleep 1; exit 1;;
  esac
  exec $GIT "$@"`);
  const slow = process.env["PATH"] ?? "";
  process.env["PATH"] = slow.slice(slow.indexOf(":") + 1);

  const [first, second] = [await temporaryFolder(), await temporaryFolder()];
  const { folder } = await cloneOrUpdate(url(remote), second);
  write(remote, { "new.ts": "new" });
  const head = commitAll(remote, "second");
  await Promise.all([first, second].map((cache) => killAt(startClone(remote, cache, slow), "Killing me")));
  expect(text(folder, "new.ts")).toBeUndefined();
  expect(existsSync(join(folder, ".git/index.lock"))).toBe(true);

  // As if it were a while later, so that the lock of a process that is gone has no heartbeat any more.
  for (const cache of [first, second]) utimesSync(join(cache, readdirSync(cache)[0]!, "clone.lock"), 0, 0);
  for (const result of await Promise.all([first, second].map((cache) => cloneOrUpdate(url(remote), cache)))) {
    expect(result).toMatchObject({ head, updated: true });
    expect(git(result.folder, "status", "--porcelain")).toBe("");
    expect(readdirSync(result.folder)).toHaveLength(302);
    await expect.poll(() => readdirSync(dirname(result.folder))).toEqual(["tree"]);
  }
});
