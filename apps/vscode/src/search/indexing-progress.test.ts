import type { IndexEvent } from "@resona/core";
import { expect, it } from "vitest";

import type { RunReport } from "../engine-client/engine-client.ts";
import { Emitter } from "../events/emitter.ts";
import type { FolderChange } from "../folders/folder-engines.ts";
import type { Activity } from "../protocol/protocol.ts";
import { IndexingProgress } from "./indexing-progress.ts";
import { folderOf } from "./search-hits.test-helper.ts";

const shop = folderOf("shop");

function indexing() {
  const reported = new Emitter<RunReport>();
  const activityChanged = new Emitter<Activity>();
  const engine = { onDidReport: reported.event, onDidChangeActivity: activityChanged.event };
  const progress = new IndexingProgress({
    all: [{ folder: shop, engine }],
    onDidChange: new Emitter<FolderChange>().event,
  });
  const report = (filesDone: number, filesTotal?: number) => {
    const event = { type: "progress", filesDone, ...(filesTotal === undefined ? {} : { filesTotal }) } as IndexEvent;
    reported.fire({ kind: "index", event });
  };
  return { progress, report, setActivity: (activity: Activity) => activityChanged.fire(activity) };
}

it("is known once it is known how many files there are, and no longer than the run", () => {
  const { progress, report, setActivity } = indexing();
  let runs = 0;
  progress.onDidEndRun(() => runs++);
  setActivity({ running: "index", waiting: [] });
  expect(progress.runOf(shop.id)).toBe("index");
  report(1);
  expect(progress.shareOf(shop.id)).toBeUndefined();
  report(1, 4);
  expect(progress.shareOf(shop.id)).toBe(0.25);
  expect(runs).toBe(0);
  setActivity({ waiting: [] });
  expect(progress.runOf(shop.id)).toBeUndefined();
  expect(progress.shareOf(shop.id)).toBeUndefined();
  expect(runs).toBe(1);
});

it("goes on where it is not known how many files there are", () => {
  const { progress, report } = indexing();
  let changes = 0;
  progress.onDidChange(() => changes++);
  report(1);
  report(2);
  expect(changes).toBe(2);
});

it("is never more than all", () => {
  const { progress, report } = indexing();
  report(5, 4);
  expect(progress.shareOf(shop.id)).toBe(1);
  report(0, 0);
  expect(progress.shareOf(shop.id)).toBe(1);
});
