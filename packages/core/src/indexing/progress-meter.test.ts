import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ProgressEvent } from "../model/progress.ts";
import { FileJob } from "./file-job.ts";
import type { PreparedFile } from "./prepare-file.ts";
import { ProgressMeter } from "./progress-meter.ts";

const file: PreparedFile = {
  job: new FileJob(),
  record: {
    path: "a.ts",
    size: 10,
    mtimeMs: 0,
    hash: "",
    language: "",
    chunkCount: 1,
    outcome: { kind: "indexed" },
  },
  chunks: [],
  bytesRead: 10,
};

function meterOf(filesKnown = 0): { meter: ProgressMeter; last: () => ProgressEvent | undefined } {
  let last: ProgressEvent | undefined;
  const meter = new ProgressMeter((event) => {
    if (event.type === "progress") last = event;
  }, filesKnown);
  return { meter, last: () => last };
}

describe("the progress of a run", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("counts a file as done once it is embedded, not when it is found", () => {
    const { meter, last } = meterOf(10);
    meter.found(true);
    for (let n = 0; n < 4; n++) meter.found(false);
    expect(last()).toMatchObject({ filesDone: 1, filesTotal: 10 });
    meter.prepared(file);
    meter.prepared(file);
    expect(last()).toMatchObject({ filesDone: 3, filesTotal: 10, filesIndexed: 2 });
  });

  it("knows the total where it was counted, and everywhere once all files are found", () => {
    const { meter, last } = meterOf();
    for (let n = 0; n < 4; n++) meter.found(false);
    expect(last()).not.toHaveProperty("filesTotal");
    meter.foundAll();
    meter.prepared(file);
    expect(last()).toMatchObject({ filesDone: 1, filesTotal: 4 });
    const known = meterOf(2);
    for (let n = 0; n < 4; n++) known.meter.found(false);
    expect(known.last()).toMatchObject({ filesTotal: 4 });
    known.meter.expect(10);
    known.meter.found(false);
    expect(known.last()).toMatchObject({ filesTotal: 10 });
  });

  it("estimates the time left by the files that took time", () => {
    const { meter, last } = meterOf(100);
    for (let n = 0; n < 20; n++) meter.found(true);
    meter.found(false);
    vi.advanceTimersByTime(2_000);
    meter.prepared(file);
    expect(last()).not.toHaveProperty("secondsLeft");
    vi.advanceTimersByTime(8_000);
    meter.found(false);
    expect(last()?.secondsLeft).toBeCloseTo(79 * 10);
    meter.prepared(file);
    expect(last()?.secondsLeft).toBeCloseTo(78 * 5);
    meter.report("optimizing");
    expect(last()).not.toHaveProperty("secondsLeft");
  });
});
