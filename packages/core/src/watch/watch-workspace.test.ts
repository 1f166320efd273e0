import { getEventListeners } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { resonaError } from "../errors.ts";
import { watchWorkspace } from "./watch-workspace.ts";
import { allAnswered, nothingDone, patience, startWatch, testTiming, touch, until } from "./watch.test-helper.ts";

// What is tested runs git in this process's environment.
env["GIT_CONFIG_GLOBAL"] = "/dev/null";
env["GIT_CONFIG_NOSYSTEM"] = "1";

const locked = resonaError("INDEX_LOCKED", { path: "/i", holder: "process 7" });

const maintain = async () => {};

/** Something that waits until it is let go. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("watching a workspace", () => {
  it("runs at the start, and again when something has changed", async () => {
    const root = await temporaryFolder();
    const watch = await startWatch(root);
    expect(watch.events).toEqual([
      { type: "indexed", summary: nothingDone, changed: false },
      { type: "watching", by: "events", intervalMs: testTiming.reconcileMs },
    ]);
    await writeFile(join(root, "a.ts"), "a");
    await expect.poll(watch.runs, patience).toBe(2);
    await rm(join(root, "a.ts"));
    await expect.poll(watch.runs, patience).toBe(3);
  });

  it("tells whether a run has changed anything", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const outcomes = [{}, { filesIndexed: 1 }, { filesRemoved: 1 }, { filesFailed: 1 }, { filesFailed: 1 }, {}];
    const watch = await startWatch(root, { run: async () => ({ ...nothingDone, ...outcomes.shift() }) });
    for (let run = 2; run <= 6; run++) {
      await touch(join(root, "a.ts"));
      await until(() => watch.events.filter(({ type }) => type === "indexed").length === run);
    }
    const told = watch.events.flatMap((event) => (event.type === "indexed" ? event.changed : []));
    expect(told).toEqual([false, true, true, true, false, true]);
  });

  it("passes on what runs report, but a notice that the run before gave as well", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const watch = await startWatch(root, {
      run: async ({ onEvent }, number) => {
        onEvent({ type: "debug", message: `run ${number}` });
        if (number !== 3) onEvent({ type: "notice", code: "GIT_UNUSABLE", message: "git cannot list /w." });
        return nothingDone;
      },
    });
    for (let run = 2; run <= 4; run++) {
      await touch(join(root, "a.ts"));
      await until(() => watch.events.filter(({ type }) => type === "indexed").length === run);
    }
    const passedOn = watch.events.flatMap((event) => ("message" in event ? event.message : []));
    const notice = "git cannot list /w.";
    expect(passedOn).toEqual(["run 1", notice, "run 2", "run 3", "run 4", notice]);
  });

  it("does not run for what is not indexed", async () => {
    const root = await repository({ ".gitignore": "*.log\nbuild/\n", ".resonaignore": "drafts/\n", "a.ts": "" });
    await mkdir(join(root, "drafts"));
    const watch = await startWatch(root);
    write(root, { "a.log": "", "build/out.js": "", "drafts/x.md": "", "node_modules/m/i.js": "", ".resona/i": "" });
    await allAnswered();
    // The folder for builds is new, and from then on is not watched any more.
    const { length } = watch.events;
    write(root, { "a.log": "x", "build/out.js": "x", "drafts/x.md": "x", ".git/COMMIT_EDITMSG": "x" });
    await allAnswered();
    expect(watch.events).toHaveLength(length);
    expect(watch.runs()).toBe(1);
  });

  it("is not kept from a saved file by a log that never pauses", async () => {
    const root = await repository({ ".gitignore": "*.log\n", "a.ts": "" });
    const watch = await startWatch(root, { timing: { maxWaitMs: 3_600_000 } });
    await writeFile(join(root, "dev.log"), "");
    await allAnswered();
    const logging = setInterval(() => void appendFile(join(root, "dev.log"), "line\n"), 5);
    onTestFinished(() => clearInterval(logging));
    await writeFile(join(root, "a.ts"), "saved");
    await expect.poll(watch.runs, patience).toBe(2);
  });

  it("runs once for a branch switch that touches thousands of files", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1_100 }, (_, n) => [`d${n % 40}/e${n % 7}/f${n}.ts`, "large"] as const),
    );
    const root = await repository({ "a.ts": "" });
    git(root, "checkout", "-q", "-b", "large");
    write(root, files);
    git(root, "add", "--all");
    git(root, "commit", "-qm", "large");
    git(root, "checkout", "-q", "-");
    const watch = await startWatch(root, { timing: { quietMs: 200 } });
    git(root, "checkout", "-q", "large");
    await until(() => watch.runs() > 1);
    await allAnswered();
    expect(watch.runs()).toBe(2);
    // The folders that are new are watched.
    await writeFile(join(root, "d19/e2/f1059.ts"), "changed");
    await expect.poll(watch.runs, patience).toBe(3);
  });

  it("waits while git is at work, and for no other sign of its end", async () => {
    const root = await repository({ "a.ts": "" });
    const watch = await startWatch(root);
    await writeFile(join(root, ".git/index.lock"), "");
    await writeFile(join(root, "a.ts"), "x");
    await allAnswered();
    expect(watch.runs()).toBe(1);
    await rm(join(root, ".git/index.lock"));
    await expect.poll(watch.runs, patience).toBe(2);
  });

  it("waits for git no longer than it may take", async () => {
    const root = await repository({ "a.ts": "" });
    await writeFile(join(root, ".git/index.lock"), "");
    const watch = await startWatch(root, { timing: { maxGitWaitMs: 100 } });
    await writeFile(join(root, "a.ts"), "x");
    await expect.poll(watch.runs, patience).toBe(2);
  });

  it("notices what git is told to track, and what it ignores from now on", async () => {
    const root = await repository({ ".gitignore": "*.log\n", "kept.log": "" });
    const watch = await startWatch(root);
    git(root, "add", "--force", "kept.log");
    await expect.poll(watch.runs, patience).toBe(2);
    await writeFile(join(root, "kept.log"), "tracked");
    await expect.poll(watch.runs, patience).toBe(3);
    await writeFile(join(root, ".gitignore"), "*.tmp\n");
    await expect.poll(watch.runs, patience).toBe(4);
    await writeFile(join(root, "other.log"), "");
    await expect.poll(watch.runs, patience).toBe(5);
  });

  it("watches folders that came into being all at once, or were moved in", async () => {
    const root = await temporaryFolder();
    const outside = await temporaryFolder();
    write(outside, { "moved/x/y/z.ts": "" });
    const watch = await startWatch(root);
    await mkdir(join(root, "1/2/3/4/5"), { recursive: true });
    await expect.poll(watch.runs, patience).toBe(2);
    await writeFile(join(root, "1/2/3/4/5/deep.ts"), "");
    await expect.poll(watch.runs, patience).toBe(3);
    await rename(join(outside, "moved"), join(root, "moved"));
    await expect.poll(watch.runs, patience).toBe(4);
    await writeFile(join(root, "moved/x/y/z.ts"), "x");
    await expect.poll(watch.runs, patience).toBe(5);
  });

  it("gathers what changes during a run for one more run", async () => {
    const root = await temporaryFolder();
    const second = gate();
    const watch = await startWatch(root, {
      run: async (_, number) => {
        if (number === 2) await second.opened;
        return nothingDone;
      },
    });
    await writeFile(join(root, "a.ts"), "1");
    await expect.poll(watch.runs, patience).toBe(2);
    for (const n of [2, 3, 4]) await writeFile(join(root, `${n}.ts`), "");
    await allAnswered();
    expect(watch.runs()).toBe(2);
    second.open();
    await expect.poll(watch.runs, patience).toBe(3);
    await allAnswered();
    expect(watch.runs()).toBe(3);
  });

  it("compares the workspace now and then, whether or not it has been told of anything", async () => {
    const watch = await startWatch(await temporaryFolder(), { timing: { reconcileMs: 30 } });
    await expect.poll(watch.runs, patience).toBeGreaterThanOrEqual(3);
  });

  it("compares the workspace when the clock has jumped, as after sleep", async () => {
    const root = await repository({ ".gitignore": "*.log\n" });
    const watch = await startWatch(root);
    const { now } = Date;
    vi.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    // Anything that wakes it; otherwise it looks at the clock twice a minute.
    await writeFile(join(root, "a.log"), "");
    await expect.poll(watch.runs, patience).toBe(2);
    await writeFile(join(root, "a.log"), "x");
    await allAnswered();
    expect(watch.runs()).toBe(2);
  });
});

describe("a workspace that is gone", () => {
  it("is waited for, not made again, and watched when it is back", async () => {
    const root = join(await temporaryFolder(), "workspace");
    write(root, { "sub/a.ts": "" });
    const watch = await startWatch(root);
    await rename(root, `${root}-away`);
    await until(() => watch.notices("WORKSPACE_GONE").length === 1);
    expect(watch.runs()).toBe(1);
    expect(existsSync(root)).toBe(false);
    await rename(`${root}-away`, root);
    await expect.poll(watch.runs, patience).toBe(2);
    expect(watch.notices("WORKSPACE_BACK")).toEqual([`${root} is back.`]);
    await writeFile(join(root, "sub/a.ts"), "x");
    await expect.poll(watch.runs, patience).toBe(3);
    expect(watch.notices("WATCH_UNAVAILABLE")).toEqual([]);
  });

  it("is gone as well while a file has its place", async () => {
    const root = join(await temporaryFolder(), "workspace");
    await mkdir(root);
    const watch = await startWatch(root);
    await rename(root, `${root}-away`);
    await writeFile(root, "");
    await until(() => watch.notices("WORKSPACE_GONE").length === 1);
    expect(watch.runs()).toBe(1);
    await rm(root);
    await rename(`${root}-away`, root);
    await expect.poll(watch.runs, patience).toBe(2);
    await writeFile(join(root, "a.ts"), "x");
    await expect.poll(watch.runs, patience).toBe(3);
    expect(watch.notices("WATCH_UNAVAILABLE")).toEqual([]);
  });

  it("is another one when it is back at once", async () => {
    const root = join(await temporaryFolder(), "workspace");
    write(root, { "a.ts": "" });
    const watch = await startWatch(root);
    await rm(root, { recursive: true });
    write(root, { "sub/a.ts": "" });
    await expect.poll(watch.runs, patience).toBe(2);
    await writeFile(join(root, "sub/a.ts"), "x");
    await expect.poll(watch.runs, patience).toBe(3);
  });

  it("makes a run fail that is under way, which is not told as a failure", async () => {
    const root = join(await temporaryFolder(), "workspace");
    write(root, { "a.ts": "" });
    const watch = await startWatch(root, {
      run: async (_, number) => {
        if (number !== 2) return nothingDone;
        await rename(root, `${root}-away`);
        throw resonaError("WORKSPACE_NOT_FOUND", { path: root });
      },
    });
    await writeFile(join(root, "a.ts"), "x");
    await until(() => watch.notices("WORKSPACE_GONE").length === 1);
    await rename(`${root}-away`, root);
    await expect.poll(watch.runs, patience).toBe(3);
    expect(watch.events.map(({ type }) => type)).not.toContain("index-failed");
  });
});

describe("a run that fails", () => {
  it("is told, and tried again with the next change; the same failure is told once", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const full = resonaError("DISK_FULL", { path: "/i" });
    const outcomes = [undefined, full, full, undefined, full];
    const watch = await startWatch(root, {
      run: async () => {
        const failure = outcomes.shift();
        if (failure) throw failure;
        return nothingDone;
      },
    });
    for (let run = 2; run <= 5; run++) {
      await touch(join(root, "a.ts"));
      await expect.poll(watch.runs, patience).toBe(run);
    }
    const told = ["indexed", "watching", "index-failed", "indexed", "index-failed"];
    await expect.poll(() => watch.events.map(({ type }) => type), patience).toEqual(told);
    expect(watch.events.at(-1)).toEqual({ type: "index-failed", error: full });
  });

  it("ends the watching before it has begun", async () => {
    const failure = resonaError("INDEX_FOREIGN", { path: "/i" });
    await expect(startWatch(await temporaryFolder(), { run: () => Promise.reject(failure) })).rejects.toBe(failure);
  });

  it("rebuilds at the start what was made otherwise, and later leaves that to who did it", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const asked: string[] = [];
    const watch = await startWatch(root, {
      run: async ({ ifOutdated }) => {
        asked.push(ifOutdated);
        return nothingDone;
      },
    });
    await touch(join(root, "a.ts"));
    await expect.poll(watch.runs, patience).toBe(2);
    expect(asked).toEqual(["rebuild", "refuse"]);
  });
});

describe("maintenance", () => {
  const somethingDone = async () => ({ ...nothingDone, batchesProcessed: 1 });

  it("is done by the first run, and then waits for a pause after runs that wrote something", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const asked: boolean[] = [];
    let maintained = 0;
    const watch = await startWatch(root, {
      timing: { idleMs: 1 },
      run: async ({ maintain: isAsked }, number) => {
        asked.push(isAsked);
        return number === 2 ? nothingDone : somethingDone();
      },
      maintain: async () => void maintained++,
    });
    for (const run of [2, 3]) {
      await touch(join(root, "a.ts"));
      await expect.poll(watch.runs, patience).toBe(run);
      await allAnswered();
      expect(maintained).toBe(run - 2);
    }
    expect(asked).toEqual([true, false, false]);
  });

  it("is not put off for ever where there is never a pause", async () => {
    const asked: boolean[] = [];
    const watch = await startWatch(await temporaryFolder(), {
      timing: { reconcileMs: 1, pollMs: 1, maxUnmaintainedRuns: 3 },
      run: async ({ maintain: isAsked }) => {
        asked.push(isAsked);
        return somethingDone();
      },
    });
    await until(() => watch.runs() >= 9);
    expect(asked.slice(0, 9)).toEqual([true, false, false, false, true, false, false, false, true]);
  });

  it("that fails is told once, and tried again; a lock is no failure", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const full = resonaError("DISK_FULL", { path: "/i" });
    const failures = [locked, full, full, undefined];
    const watch = await startWatch(root, {
      timing: { idleMs: 1 },
      run: somethingDone,
      maintain: async () => {
        const failure = failures.shift();
        if (failure) throw failure;
      },
    });
    await touch(join(root, "a.ts"));
    await until(() => failures.length === 0);
    expect(watch.events.slice(2)).toMatchObject([{ type: "indexed" }, { type: "index-failed", error: full }]);
    expect(watch.runs()).toBe(2);
  });

  it("that is stopped says that it finishes first what it does", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": "" });
    const begun = gate();
    const watch = await startWatch(root, {
      timing: { idleMs: 1 },
      run: somethingDone,
      maintain: async ({ signal }) => {
        begun.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
    await touch(join(root, "a.ts"));
    await begun.opened;
    await watch.stop();
    expect(watch.notices("FINISHING")).toHaveLength(1);
  });
});

describe("the lock of another process", () => {
  it("is waited for, from the start on, which is said once", async () => {
    const root = await temporaryFolder();
    let refusals = 5;
    const watch = await startWatch(root, {
      run: async () => {
        if (refusals-- > 0) throw locked;
        return nothingDone;
      },
    });
    expect(watch.runs()).toBe(6);
    expect(watch.notices("LOCK_WAIT")).toEqual([
      "The index at /i is being written by process 7. Waiting until it is free.",
    ]);
    refusals = 5;
    await writeFile(join(root, "a.ts"), "");
    await expect.poll(watch.runs, patience).toBe(12);
    expect(watch.notices("LOCK_WAIT")).toHaveLength(2);
  });

  it("is not worth a word when it is held for a moment", async () => {
    let refusals = 3;
    const watch = await startWatch(await temporaryFolder(), {
      timing: { lockSaidMs: 60_000 },
      run: async () => {
        if (refusals-- > 0) throw locked;
        return nothingDone;
      },
    });
    expect(watch.events.map(({ type }) => type)).toEqual(["indexed", "watching"]);
  });
});

describe("stopping", () => {
  /** Stops when the watch has come to a certain point; the test ends when the watch has. */
  async function stoppedWhen(point: "running" | "locked" | "gone" | "aborted before") {
    const root = join(await temporaryFolder(), "workspace");
    if (point !== "gone") await mkdir(root);
    const controller = new AbortController();
    const { signal } = controller;
    if (point === "aborted before") controller.abort();
    const types: string[] = [];
    const index = ({ signal: run }: { signal: AbortSignal }) => {
      if (point === "locked") return Promise.reject(locked);
      setImmediate(() => controller.abort(new Error("stopped")));
      return new Promise<never>((_, reject) => {
        run.addEventListener("abort", () => reject(run.reason as Error));
      });
    };
    const onEvent = ({ type }: { type: string }) => {
      types.push(type);
      if (point === "locked" || point === "gone") controller.abort();
    };
    const timing = { ...testTiming, goneMs: 3_600_000, lockMs: { first: 3_600_000, last: 3_600_000 } };
    const indexPath = join(root, ".resona");
    await watchWorkspace({ workspace: root, indexPath, index, maintain }, { signal, onEvent }, timing);
    return types;
  }

  it("ends a run", async () => {
    expect(await stoppedWhen("running")).toEqual([]);
  });

  it("ends the waiting for a lock, and for a workspace", async () => {
    expect(await stoppedWhen("locked")).toEqual(["notice"]);
    expect(await stoppedWhen("gone")).toEqual(["notice"]);
  });

  it("comes too early for anything to begin", async () => {
    expect(await stoppedWhen("aborted before")).toEqual([]);
  });

  it("says nothing more of a run that it has interrupted", async () => {
    const root = await temporaryFolder();
    const watch = await startWatch(root, {
      run: async ({ signal }, number) => {
        if (number === 1) return nothingDone;
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return { ...nothingDone, status: "interrupted" };
      },
    });
    await writeFile(join(root, "a.ts"), "");
    await expect.poll(watch.runs, patience).toBe(2);
    await watch.stop();
    expect(watch.events.map(({ type }) => type)).toEqual(["indexed", "watching"]);
  });

  it("leaves nothing on the signal, however many runs there were", async () => {
    const root = await temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    let runs = 0;
    const index = async () => {
      if (++runs === 8) controller.abort();
      return nothingDone;
    };
    const timing = { ...testTiming, reconcileMs: 1, pollMs: 1 };
    const indexPath = join(root, ".resona");
    await watchWorkspace({ workspace: root, indexPath, index, maintain }, { signal }, timing);
    expect(runs).toBe(8);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
