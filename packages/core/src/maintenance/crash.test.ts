import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { lockForWriting } from "../store/writer-lock.ts";
import { newItemTable, openItemTable, rowsFoundBy, rowsOf } from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";
import { commitNumber, rowsAfter } from "./numbered-commits.test-helper.ts";

/** Kills in each step; a soak takes 30. */
const KILLS = Number(process.env["RESONA_TEST_KILLS"] ?? 3);
const COMMITS_BEFORE = 60;
/** A kill comes within so many milliseconds after its step has begun, or shortly after the step. */
const WITHIN_MS = { compaction: 60, index: 60, cleanup: 15 };

function startLoop(folder: string, firstCommit: number): ChildProcess {
  const script = `
    import { commitAndMaintain } from ${JSON.stringify(new URL("./crash-loop.test-helper.ts", import.meta.url).href)};
    await commitAndMaintain(${JSON.stringify(folder)}, ${firstCommit}, console.log);`;
  const args = ["--conditions=@resona/source", "--input-type=module", "-e", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Kills the loop in the given step; says how many commits it has begun and acknowledged, and in what it died. */
async function killIn(step: string, child: ChildProcess, random: () => number, withinMs: number) {
  const ended = once(child, "close");
  let countdown = 1 + Math.floor(random() * 3);
  const reached = { begun: -1, done: -1, last: "" };
  const failures: string[] = [];
  if (!child.stdout) throw new Error("The process has no output.");
  for await (const line of createInterface(child.stdout)) {
    const [event, what, number] = line.split(" ");
    reached.last = `${event} ${what}`;
    if (event === "failed") failures.push(line);
    if (what === "commit" && event === "begin") reached.begun = Number(number);
    if (what === "commit" && event === "done") reached.done = Number(number);
    if (event === "begin" && what === step && --countdown === 0)
      void sleep(random() * withinMs).then(() => child.kill("SIGKILL"));
  }
  await ended;
  return { ...reached, failures };
}

describe.each(["compaction", "index", "cleanup"] as const)("a process that is killed in the step %s", (step) => {
  it(
    `leaves a table that opens with every row that was committed, ${KILLS} times in a row`,
    { timeout: KILLS * 30_000 },
    async () => {
      const folder = await temporaryFolder();
      const items = await newItemTable(folder);
      for (let n = 0; n < COMMITS_BEFORE; n++) await commitNumber(items, n);
      await maintainTables([items.table], folder, { retentionDays: 0 });
      items.store.close();

      const random = seeded(step.length * 7_919);
      const died: string[] = [];
      let commits = COMMITS_BEFORE;
      for (let kill = 0; kill < KILLS; kill++) {
        const { begun, done, last, failures } = await killIn(step, startLoop(folder, commits), random, WITHIN_MS[step]);
        died.push(last);
        expect(failures).toEqual([]);
        const lock = await lockForWriting(folder);
        const reopened = await openItemTable(folder);
        const rows = await rowsOf(reopened);
        const acknowledged = Math.max(commits, done + 1);
        // A commit that was begun and not acknowledged is there as a whole, or not at all.
        commits = begun >= acknowledged && rows.join() === rowsAfter(begun + 1).join() ? begun + 1 : acknowledged;
        expect(rows).toEqual(rowsAfter(commits));
        const { failures: afterwards } = await maintainTables([reopened.table], folder, {
          retentionDays: 0,
          assertHeld: lock.assertHeld,
        });
        expect(afterwards).toEqual([]);
        expect(await rowsOf(reopened)).toEqual(rows);
        const found = await rowsFoundBy(reopened, rows.length);
        expect(found).toEqual({ terms: rows.length, vector: rows.length, id: rows.length, language: rows.length });
        reopened.store.close();
        await lock.release();
      }
      // Of a few kills all may come a moment too late.
      expect(KILLS < 10 || died.includes(`begin ${step}`)).toBe(true);
    },
  );
});
