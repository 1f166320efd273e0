import * as fc from "fast-check";
import { expect, it } from "vitest";

import { RefreshSchedule, type RunOutcome, type ScheduleTiming } from "./refresh-schedule.ts";

const timing: ScheduleTiming = {
  quietMs: 500,
  maxWaitMs: 5_000,
  maxGitWaitMs: 10_000,
  reconcileMs: 600_000,
  idleMs: 60_000,
  maxUnmaintainedRuns: 3,
  blockedMs: { first: 1_000, last: 16_000 },
  crashedMs: { first: 1_000, last: 64_000 },
  fruitlessMs: { first: 1_000, last: 64_000 },
};

/** Enabled, with its first run done at time 0. */
function afterFirstRun(outcome: RunOutcome = "unchanged"): RefreshSchedule {
  const schedule = new RefreshSchedule(timing);
  schedule.setEnabled(true);
  const first = { kind: "index", maintain: true } as const;
  expect(schedule.next(0)).toEqual(first);
  schedule.begin(first);
  schedule.end(outcome, 0);
  return schedule;
}

function runAt(schedule: RefreshSchedule, now: number, outcome: RunOutcome, maintain = false): void {
  const work = { kind: "index", maintain } as const;
  expect(schedule.next(now)).toEqual(work);
  schedule.begin(work);
  schedule.end(outcome, now);
}

it("does nothing before it is allowed to, then begins with a run", () => {
  const schedule = new RefreshSchedule(timing);
  schedule.changed(0);
  expect(schedule.next(1e9)).toEqual({ kind: "rest" });
  schedule.setEnabled(true);
  expect(schedule.next(1)).toMatchObject({ kind: "index" });
});

it("knows of changes that no run has taken in to its end", () => {
  const schedule = afterFirstRun();
  expect(schedule.hasUnindexedChanges).toBe(false);
  schedule.changed(100);
  expect(schedule.hasUnindexedChanges).toBe(true);
  schedule.begin({ kind: "index", maintain: false });
  expect(schedule.hasUnindexedChanges).toBe(true);
  schedule.end("changed", 700);
  expect(schedule.hasUnindexedChanges).toBe(false);
  // One that only looks may be ended without a loss.
  schedule.want();
  schedule.begin({ kind: "index", maintain: false });
  expect(schedule.hasUnindexedChanges).toBe(false);
});

it("waits until changes pause", () => {
  const schedule = afterFirstRun();
  schedule.changed(100);
  schedule.changed(400);
  expect(schedule.next(400)).toEqual({ kind: "wait", until: 900 });
  runAt(schedule, 900, "changed");
});

it("waits no longer than the maximum for changes that do not pause", () => {
  const schedule = afterFirstRun();
  for (let now = 100; now < 5_100; now += 100) {
    schedule.changed(now);
    expect(schedule.next(now).kind).toBe("wait");
  }
  expect(schedule.next(5_100)).toMatchObject({ kind: "index" });
});

it("waits for git, but not for ever", () => {
  const schedule = afterFirstRun();
  schedule.changed(0);
  let now = 500;
  for (; schedule.waitForGit(now); now += 500) expect(schedule.next(now)).toEqual({ kind: "wait", until: now + 500 });
  expect(now).toBe(10_000);
  expect(schedule.next(now)).toMatchObject({ kind: "index" });
});

it("runs once more for whatever came during a run", () => {
  const schedule = afterFirstRun();
  schedule.changed(0);
  schedule.begin({ kind: "index", maintain: false });
  for (let now = 500; now < 1_000; now += 10) {
    schedule.changed(now);
    expect(schedule.next(now)).toEqual({ kind: "rest" });
  }
  schedule.end("changed", 2_000);
  runAt(schedule, 2_000, "unchanged");
  expect(schedule.next(2_000)).toEqual({ kind: "wait", until: 62_000 });
});

it("tries again after ever longer while somebody else is writing, whatever is saved meanwhile", () => {
  const schedule = afterFirstRun("blocked");
  let now = 0;
  for (const pause of [1_000, 4_000, 16_000, 16_000]) {
    schedule.saved(now);
    expect(schedule.next(now)).toEqual({ kind: "wait", until: now + pause });
    now += pause;
    // It has not done what maintenance is due either.
    runAt(schedule, now, "blocked", true);
  }
});

it("tries again after ever longer what the engine does not survive, and at once when that may be over", () => {
  const schedule = afterFirstRun("crashed");
  let now = 0;
  for (const pause of [1_000, 4_000, 16_000, 64_000]) {
    schedule.saved(now);
    expect(schedule.next(now)).toEqual({ kind: "wait", until: now + pause });
    now += pause;
    runAt(schedule, now, "crashed", true);
  }
  schedule.retry();
  runAt(schedule, now, "crashed", true);
  expect(schedule.next(now)).toEqual({ kind: "wait", until: now + 1_000 });
  runAt(schedule, now + 1_000, "changed", true);
  schedule.saved(now + 1_000);
  runAt(schedule, now + 1_500, "crashed");
  expect(schedule.next(now + 1_500)).toEqual({ kind: "wait", until: now + 2_500 });
});

it("lets changes that never have an effect ask ever less often, and a file that is saved at once", () => {
  const schedule = afterFirstRun();
  let now = 0;
  for (const pause of [500, 1_000, 4_000, 16_000, 64_000, 64_000]) {
    schedule.changed(now);
    expect(schedule.next(now)).toEqual({ kind: "wait", until: now + pause });
    now += pause;
    runAt(schedule, now, "unchanged");
  }
  schedule.saved(now);
  expect(schedule.next(now)).toEqual({ kind: "wait", until: now + 500 });
});

it("compares the folder now and then though nothing seems to happen", () => {
  const schedule = afterFirstRun();
  expect(schedule.next(1)).toEqual({ kind: "wait", until: 600_000 });
  runAt(schedule, 600_000, "unchanged");
  // That one had nothing to do is no reason to answer changes later.
  schedule.changed(700_000);
  expect(schedule.next(700_000)).toEqual({ kind: "wait", until: 700_500 });
});

it("maintains once in a pause after runs that have written something", () => {
  const schedule = afterFirstRun("changed");
  // The first run has done what was due.
  expect(schedule.next(0)).toEqual({ kind: "wait", until: 600_000 });
  schedule.changed(0);
  runAt(schedule, 500, "changed");
  expect(schedule.next(500)).toEqual({ kind: "wait", until: 60_500 });
  schedule.changed(59_900);
  // What has changed comes first.
  expect(schedule.next(60_000)).toEqual({ kind: "wait", until: 60_400 });
  runAt(schedule, 60_400, "changed");
  expect(schedule.next(120_400)).toEqual({ kind: "maintain" });
  schedule.begin({ kind: "maintain" });
  schedule.end("changed", 120_400);
  expect(schedule.next(120_400)).toEqual({ kind: "wait", until: 660_400 });
});

it("maintains with a run where there is never a pause, after so many that have written something", () => {
  const schedule = afterFirstRun();
  let now = 0;
  const outcomes: RunOutcome[] = ["changed", "unchanged", "changed", "failed", "changed"];
  for (const outcome of outcomes) {
    schedule.saved(now);
    runAt(schedule, (now += 500), outcome);
  }
  schedule.saved(now);
  runAt(schedule, (now += 500), "failed", true);
  schedule.saved(now);
  runAt(schedule, (now += 500), "changed", true);
  // Nothing is due in the next pause, and the next run need not maintain.
  expect(schedule.next(now)).toEqual({ kind: "wait", until: now + 600_000 });
  schedule.saved(now);
  runAt(schedule, (now += 500), "changed");
});

it("maintains later what could not be maintained, and with a run at last", () => {
  const schedule = afterFirstRun();
  const maintainAt = (now: number, outcome: RunOutcome) => {
    expect(schedule.next(now)).toEqual({ kind: "maintain" });
    schedule.begin({ kind: "maintain" });
    schedule.end(outcome, now);
  };
  schedule.changed(0);
  runAt(schedule, 500, "changed");
  maintainAt(60_500, "blocked");
  maintainAt(120_500, "failed");
  expect(schedule.next(120_500)).toEqual({ kind: "wait", until: 600_500 });
  for (const now of [200_000, 201_000]) {
    schedule.saved(now);
    runAt(schedule, now + 500, "changed");
  }
  schedule.saved(202_000);
  runAt(schedule, 202_500, "changed", true);
});

it("does after a pause what it was told to leave", () => {
  const schedule = afterFirstRun();
  schedule.changed(0);
  schedule.begin({ kind: "index", maintain: false });
  schedule.setEnabled(false);
  schedule.end("interrupted", 600);
  expect(schedule.next(1e9)).toEqual({ kind: "rest" });
  schedule.setEnabled(true);
  expect(schedule.next(700)).toMatchObject({ kind: "index" });
});

/** Something that happens to a folder, after some milliseconds. */
const happening = fc.record({
  after: fc.integer({ min: 0, max: 20_000 }),
  what: fc.constantFrom("changed", "saved", "want", "retry", "disable", "enable"),
  /** Of the next run. */
  outcome: fc.constantFrom<RunOutcome>("changed", "unchanged", "blocked", "crashed", "failed"),
  /** Of the next run, in milliseconds. */
  takes: fc.integer({ min: 0, max: 5_000 }),
});

/** Whatever has to be waited for is over after this. */
const LONGEST_WAIT_MS = 64_000;

it("never has two runs at once, and leaves no change without a run that began after it", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const schedule = new RefreshSchedule(timing);
      schedule.setEnabled(true);
      const faults: string[] = [];
      let now = 0;
      let runEndsAt: number | undefined;
      let changedAt = -1;
      let begunAt = -1;
      let isEnabled = true;
      let outcome: RunOutcome = "changed";
      let takes = 0;
      /** Lets time pass as a driver does, which does what it is told when it is told to. */
      const advance = (until: number) => {
        for (;;) {
          if (runEndsAt !== undefined) {
            if (schedule.next(now).kind !== "rest") faults.push("two runs at once");
            if (runEndsAt > until) break;
            now = runEndsAt;
            runEndsAt = undefined;
            schedule.end(outcome, now);
          }
          const step = schedule.next(now);
          if (step.kind === "rest") break;
          if (step.kind === "wait") {
            if (step.until <= now) faults.push("waits for the past");
            if (step.until > until) break;
            now = step.until;
          } else {
            if (!isEnabled) faults.push("runs though it must not");
            schedule.begin(step);
            if (step.kind === "index") begunAt = now;
            runEndsAt = now + takes;
          }
        }
        now = Math.max(now, until);
      };
      for (const one of happenings) {
        advance(now + one.after);
        ({ outcome } = one);
        // A blocked run of no length would be tried again for ever in no time; there is none.
        takes = one.takes + 1;
        if (one.what === "changed" || one.what === "saved") {
          schedule[one.what](now);
          changedAt = now;
        } else if (one.what === "want" || one.what === "retry") schedule[one.what]();
        else schedule.setEnabled((isEnabled = one.what === "enable"));
      }
      outcome = "unchanged";
      isEnabled = true;
      schedule.setEnabled(true);
      advance(now + LONGEST_WAIT_MS + 2 * (takes + timing.maxWaitMs));
      if (begunAt < changedAt) faults.push("a change is left");
      expect(faults).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
