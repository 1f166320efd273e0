import { stripVTControlCharacters } from "node:util";

import type { ProgressEvent } from "@resona/core";
import { describe, expect, test } from "vitest";

import { TextSink } from "../testing/fake-context.ts";
import { createProgress, progressLine, progressStyle } from "./progress.ts";

const event: ProgressEvent = {
  type: "progress",
  stage: "indexing",
  filesDone: 1_000,
  filesTotal: 4_000,
  filesIndexed: 900,
  chunksIndexed: 5_000,
  bytesRead: 1e7,
  bytesPerSecond: 3_400_000,
  rssBytes: 212_000_000,
};

describe("the progress line", () => {
  test("has a bar, percent, files, chunks, speed and memory", () => {
    expect(progressLine(event, 200)).toBe(
      "Indexing  ██████░░░░░░░░░░░░░░░░░░  25%  1,000 of 4,000 files  5,000 chunks  3.4 MB/s  212 MB memory",
    );
  });

  test("has no bar while the total is unknown", () => {
    const { filesTotal: _, ...unknown } = event;
    expect(progressLine({ ...unknown, chunksIndexed: 0, bytesPerSecond: 0 }, 200)).toBe(
      "Indexing  1,000 files  212 MB memory",
    );
  });

  test("counts commits, without a bar, while the history is read", () => {
    const counts = { commitsRead: 5_632, commitsEmbedded: 3_029 };
    const line = "Reading the history  5,632 commits  3,029 embedded  212 MB memory";
    expect(progressLine({ ...event, stage: "history", ...counts }, 200)).toBe(line);
    expect(progressLine({ type: "commit-progress", ...counts, rssBytes: event.rssBytes }, 200)).toBe(line);
  });

  test("drops what matters least until it fits, whatever the width", () => {
    expect(progressLine(event, 70)).toBe("Indexing  ██████░░░░░░░░░░░░░░░░░░  25%  1,000 of 4,000 files");
    expect(progressLine(event, 45)).toBe("Indexing  ██████░░░░░░░░░░░░░░░░░░  25%");
    expect(progressLine(event, 10)).toBe("Indexing");
    expect(progressLine(event, 5)).toBe("Inde…");
    for (let columns = 0; columns < 120; columns += 1) {
      expect(progressLine(event, columns).length).toBeLessThanOrEqual(columns);
    }
  });

  test.each([
    [30, ""],
    [31, "  about 30 s left"],
    [89, "  about 90 s left"],
    [90, "  about 2 min left"],
    [3_400, "  about 57 min left"],
    [8_000, "  about 2 h 13 min left"],
  ])("says how long %s seconds are, if that is long", (secondsLeft, text) => {
    const line = progressLine({ ...event, secondsLeft }, 200);
    expect(line).toContain(`1,000 of 4,000 files${text}  5,000 chunks`);
  });

  test("never leaves its frame when files appear during the run", () => {
    expect(progressLine({ ...event, filesDone: 5_000 }, 45)).toBe(`Indexing  ${"█".repeat(24)} 100%`);
  });
});

describe("on a terminal", () => {
  test("one line is redrawn at most ten times a second, and the terminal is left as it was", () => {
    const stream = new TextSink({ columns: 46 });
    let now = 0;
    const progress = createProgress(stream, "redraw", { now: () => now });
    for (now = 0; now < 250; now += 10) progress.report(event);
    progress.finish();
    progress.finish();
    const line = "\r\u001B[KIndexing  ██████░░░░░░░░░░░░░░░░░░  25%";
    expect(stream.text).toBe(`\u001B[?25l${line}${line}${line}\r\u001B[K\u001B[?25h`);
  });

  test("a run without progress leaves no trace, nor a listener", () => {
    const stream = new TextSink({ columns: 80 });
    const listeners = process.listenerCount("exit");
    const progress = createProgress(stream, "redraw");
    progress.finish();
    expect(stream.text).toBe("");
    const drawn = createProgress(stream, "redraw");
    drawn.report(event);
    expect(process.listenerCount("exit")).toBe(listeners + 1);
    drawn.finish();
    expect(process.listenerCount("exit")).toBe(listeners);
  });

  test("a notice takes the place of the line, which is drawn again below", () => {
    const stream = new TextSink({ columns: 46 });
    const progress = createProgress(stream, "redraw", { now: () => 0 });
    progress.report(event);
    progress.report({ type: "notice", code: "REBUILT", message: "Built anew." });
    progress.report(event);
    expect(stripVTControlCharacters(stream.text)).toMatch(/25%\rnote: Built anew\.\n\rIndexing /);
    progress.finish();
  });
});

describe("elsewhere", () => {
  test("a short run prints no progress, a long one a plain line every few seconds", () => {
    const stream = new TextSink();
    let now = 0;
    const progress = createProgress(stream, "plain", { now: () => now });
    for (now = 0; now <= 8_000; now += 100) progress.report({ ...event, filesDone: now });
    progress.finish();
    expect(stream.text).toBe(
      "Indexing, 2,000 of 4,000 files, 5,000 chunks, 3.4 MB/s, 212 MB memory\nIndexing, 7,000 of 4,000 files, 5,000 chunks, 3.4 MB/s, 212 MB memory\n",
    );
  });

  test("notices alone are shown when nothing else is wanted, each once", () => {
    const stream = new TextSink();
    let now = 0;
    const progress = createProgress(stream, "notices", { now: () => now });
    const notice = { type: "notice", code: "A", message: "Say\u001b it." } as const;
    for (now = 0; now <= 60_000; now += 10_000) {
      progress.report(event);
      progress.report(notice);
    }
    progress.report({ ...notice, message: "Other." });
    expect(stream.text).toBe("note: Say\\u001b it.\nnote: Other.\n");
  });
});

test("a line is redrawn only where the cursor can be moved", () => {
  expect(progressStyle(new TextSink({ columns: 80 }), {})).toBe("redraw");
  expect(progressStyle(new TextSink({ columns: 80 }), { TERM: "dumb" })).toBe("plain");
  expect(progressStyle(new TextSink(), {})).toBe("plain");
});
