import type {
  EmbedEvent,
  EmbedProgressEvent,
  IndexEvent,
  ItemFailedEvent,
  NoticeEvent,
  ProgressEvent,
} from "@resona/core";

import type { OutputStream } from "../context.ts";
import { formatNote } from "./human.ts";
import { paintFor } from "./paint.ts";
import { counted, fit, formatBytes, formatCount } from "./text.ts";

/** Shows a long run on stderr. Notices are always shown, each once. */
export interface ProgressReporter {
  report(event: IndexEvent | Exclude<EmbedEvent, ItemFailedEvent> | ReadingProgress | CommitProgress): void;
  /** Leaves the terminal as it was found. May be called twice. */
  finish(): void;
}

/** `redraw` and `plain` show progress; `notices` shows nothing but notices. */
export type ProgressStyle = "redraw" | "plain" | "notices";

/** How far a deep diagnosis has read a table. */
interface ReadingProgress {
  readonly type: "reading-progress";
  readonly table: string;
  readonly rows: number;
  readonly total: number;
}

/** How many commits have been read, where no run over the files came before. */
interface CommitProgress extends Required<Pick<ProgressEvent, "commitsRead" | "commitsEmbedded" | "rssBytes">> {
  readonly type: "commit-progress";
}

type AnyProgress = ProgressEvent | EmbedProgressEvent | ReadingProgress | CommitProgress;

interface Surface {
  progress(event: AnyProgress): void;
  notice(event: Pick<NoticeEvent, "message">): void;
  finish(): void;
}

interface ProgressOptions {
  /** Milliseconds; need not be the time of day. */
  readonly now?: () => number;
  /** Shows what only someone who looks for a fault wants to know. */
  readonly debug?: boolean;
}

export function createProgress(
  stream: OutputStream,
  style: ProgressStyle,
  { now = () => performance.now(), debug = false }: ProgressOptions = {},
): ProgressReporter {
  const surface = style === "redraw" ? redrawnLine(stream, now) : plainLines(stream, style === "plain", now);
  const noticed = new Set<string>();
  return {
    report: (event) => {
      if (event.type === "debug") {
        if (debug) surface.notice({ message: `debug: ${event.message}` });
        return;
      }
      if (event.type !== "notice") {
        surface.progress(event);
        return;
      }
      const key = `${event.code} ${event.message}`;
      if (noticed.has(key)) return;
      noticed.add(key);
      surface.notice(event);
    },
    finish: () => surface.finish(),
  };
}

/** How progress is shown on a stream: one line redrawn where that is possible, else plain lines. */
export function progressStyle(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): ProgressStyle {
  return stream.isTTY === true && env["TERM"] !== "dumb" ? "redraw" : "plain";
}

const redrawMs = 100;
const hideCursor = "\u001B[?25l";
const showCursor = "\u001B[?25h";
const clearLine = "\r\u001B[K";

function redrawnLine(stream: OutputStream, now: () => number): Surface {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const restore = (): void => {
    if (drawn) stream.write(`${clearLine}${showCursor}`);
    drawn = false;
  };
  return {
    progress: (event) => {
      if (now() - drawnAt < redrawMs) return;
      drawnAt = now();
      // A second Ctrl-C ends the process without asking anyone.
      if (!drawn) process.once("exit", restore);
      // The last column is left free: writing there makes some terminals wrap.
      stream.write(`${drawn ? "" : hideCursor}${clearLine}${progressLine(event, (stream.columns || 80) - 1)}`);
      drawn = true;
    },
    notice: (event) => {
      stream.write(`${drawn ? clearLine : ""}${formatNote(event.message, paintFor(stream))}`);
      drawnAt = Number.NEGATIVE_INFINITY;
    },
    finish: () => {
      restore();
      process.off("exit", restore);
    },
  };
}

const firstLineMs = 2_000;
const nextLineMs = 5_000;

function plainLines(stream: OutputStream, withProgress: boolean, now: () => number): Surface {
  let dueAt = now() + firstLineMs;
  return {
    progress: (event) => {
      if (!withProgress || now() < dueAt) return;
      dueAt = now() + nextLineMs;
      stream.write(`${progressFacts(event).join(", ")}\n`);
    },
    notice: (event) => {
      stream.write(formatNote(event.message, paintFor(stream)));
    },
    finish: () => undefined,
  };
}

const stages = {
  checking: "Checking",
  indexing: "Indexing",
  optimizing: "Optimizing",
  history: "Reading the history",
  loading: "Comparing",
  embedding: "Embedding",
} as const;
const barColumns = 24;

/** One line of at most `columns`: what matters least goes first when it is narrow. */
export function progressLine(event: AnyProgress, columns: number): string {
  const [stage, ...facts] = progressFacts(event);
  const bar = progressBar(event);
  const full = [stage, ...bar, ...facts];
  for (let kept = full.length; kept > 1; kept -= 1) {
    const line = full.slice(0, kept).join("  ");
    if (line.length <= columns) return line;
  }
  return fit(stage, columns);
}

function progressBar(event: AnyProgress): string[] {
  const [done, total] = partOf(event);
  if (total === undefined || total <= 0) return [];
  // Files may appear while the run goes on; the bar never leaves its frame.
  const share = Math.min(1, Math.max(0, done / total));
  const filled = Math.floor(share * barColumns);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return [`${"█".repeat(filled)}${"░".repeat(barColumns - filled)} ${percent}`];
}

/** Neither a stream of items nor a history says how many there are. */
function partOf(event: AnyProgress): [number, number | undefined] {
  if (event.type === "reading-progress") return [event.rows, event.total];
  return event.type === "progress" && event.stage !== "history" ? [event.filesDone, event.filesTotal] : [0, undefined];
}

function progressFacts(event: AnyProgress): [string, ...string[]] {
  switch (event.type) {
    case "progress":
      return event.stage === "history" ? commitFacts(event) : fileFacts(event);
    case "commit-progress":
      return commitFacts(event);
    case "item-progress":
      return itemFacts(event);
    case "reading-progress":
      return [`Reading ${event.table}`, `${formatCount(event.rows)} of ${counted(event.total, "row")}`];
  }
}

function itemFacts(event: EmbedProgressEvent): [string, ...string[]] {
  const { stage, recordsLoaded, itemsRead, itemsEmbedded, rssBytes } = event;
  const done =
    stage === "loading"
      ? [counted(recordsLoaded, "record")]
      : [counted(itemsRead, "item"), `${formatCount(itemsEmbedded)} embedded`];
  return [stages[stage], ...done, `${formatBytes(rssBytes)} memory`];
}

function commitFacts({
  commitsRead = 0,
  commitsEmbedded = 0,
  rssBytes,
}: Pick<ProgressEvent, "commitsRead" | "commitsEmbedded" | "rssBytes">): [string, ...string[]] {
  const done = [counted(commitsRead, "commit"), `${formatCount(commitsEmbedded)} embedded`];
  return [stages.history, ...done, `${formatBytes(rssBytes)} memory`];
}

function fileFacts(event: ProgressEvent): [string, ...string[]] {
  const files =
    event.filesTotal === undefined
      ? counted(event.filesDone, "file")
      : `${formatCount(event.filesDone)} of ${counted(event.filesTotal, "file")}`;
  return [
    stages[event.stage],
    files,
    ...timeLeft(event),
    ...(event.chunksIndexed > 0 ? [counted(event.chunksIndexed, "chunk")] : []),
    ...(event.bytesPerSecond > 0 ? [`${formatBytes(event.bytesPerSecond)}/s`] : []),
    `${formatBytes(event.rssBytes)} memory`,
  ];
}

/** Less is over before anybody plans with it. */
const leastSecondsLeft = 30;

/** In words as coarse as the estimate. */
function timeLeft({ secondsLeft = 0 }: ProgressEvent): string[] {
  if (secondsLeft <= leastSecondsLeft) return [];
  if (secondsLeft < 90) return [`about ${Math.round(secondsLeft / 10) * 10} s left`];
  const minutes = Math.round(secondsLeft / 60);
  if (minutes < 60) return [`about ${minutes} min left`];
  return [`about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`];
}
