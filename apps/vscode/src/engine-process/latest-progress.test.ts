import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { LatestProgress } from "./latest-progress.ts";

type Event = { readonly type: "progress"; readonly done: number } | { readonly type: "notice" };

const progress = (done: number): Event => ({ type: "progress", done });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function recorded() {
  const sent: Event[] = [];
  return { sent, reports: new LatestProgress<Event>((event) => sent.push(event)) };
}

it("sends the first progress at once and of all that follow only the latest, ten times a second", () => {
  const { sent, reports } = recorded();
  for (let done = 1; done <= 100; done++) {
    reports.report(progress(done));
    vi.advanceTimersByTime(10);
  }
  reports.end();
  expect(sent.length).toBeLessThanOrEqual(12);
  expect(sent[0]).toEqual(progress(1));
  expect(sent.at(-1)).toEqual(progress(100));
  expect(vi.getTimerCount()).toBe(0);
});

it("sends everything else at once, after the progress that came before it", () => {
  const { sent, reports } = recorded();
  reports.report(progress(1));
  reports.report(progress(2));
  reports.report(progress(3));
  reports.report({ type: "notice" });
  expect(sent).toEqual([progress(1), progress(3), { type: "notice" }]);
});

it("sends nothing twice", () => {
  const { sent, reports } = recorded();
  reports.report(progress(1));
  reports.report(progress(2));
  vi.advanceTimersByTime(1_000);
  reports.end();
  expect(sent).toEqual([progress(1), progress(2)]);
});
