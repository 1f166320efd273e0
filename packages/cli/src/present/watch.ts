import type { IndexSummary, NoticeEvent, WatchEvent, WatchingEvent } from "@resona/core";

import { describeFailure } from "../failure.ts";
import { failureFields, fileFailureFields, printLine } from "./json.ts";
import { counted, formatCount, formatDuration, printable } from "./text.ts";

/** What a run changed, in one line: `14:03:59 Indexed 3 files (7 chunks) in 210 ms; 1 removed`. */
export function formatRun(summary: IndexSummary, at: Date): string {
  const { filesIndexed, chunksWritten, filesRemoved, filesFailed, durationMs } = summary;
  const indexed = `Indexed ${counted(filesIndexed, "file")} (${counted(chunksWritten, "chunk")}) in ${formatDuration(durationMs)}`;
  const others = [
    ...(filesRemoved > 0 ? [`${formatCount(filesRemoved)} removed`] : []),
    ...(filesFailed > 0 ? [`${formatCount(filesFailed)} failed`] : []),
  ].join(", ");
  return `${timeOfDay(at)} ${indexed}${others === "" ? "" : `; ${others}`}\n`;
}

/** That the index is current, and how it is kept so. */
export function formatWatching({ by, intervalMs }: WatchingEvent, workspace: string): string {
  const place = printable(workspace);
  const what = by === "events" ? `Watching ${place}` : `Comparing ${place} every ${formatDuration(intervalMs)}`;
  return `${what}; Ctrl-C ends it.\n`;
}

/** `14:03:59`, local time. */
export function timeOfDay(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** An event as a line of JSON; empty for what is no news. */
export function watchLine(event: WatchEvent, place: { workspace: string; indexPath: string }, at: Date): string {
  switch (event.type) {
    case "watching": {
      // Not all of an engine's properties are its own: they are named.
      const { workspace, indexPath } = place;
      return eventLine("watching", { workspace, indexPath, by: event.by, intervalMs: event.intervalMs }, at);
    }
    case "indexed":
      return event.changed ? eventLine("indexed", runFields(event.summary), at) : "";
    case "index-failed":
      return eventLine("failed", { error: failureFields(describeFailure(event.error, false)) }, at);
    case "notice":
      return noticeLine(event, at);
    case "progress":
    case "debug":
      return "";
  }
}

/** The same for a notice that comes before there is an engine. */
export function noticeLine({ code, message }: NoticeEvent, at: Date): string {
  return eventLine("notice", { code, message }, at);
}

function eventLine(name: string, fields: object, at: Date): string {
  return printLine({ command: "watch", event: name, time: at.toISOString(), ...fields });
}

function runFields(summary: IndexSummary): object {
  return {
    filesIndexed: summary.filesIndexed,
    filesRemoved: summary.filesRemoved,
    filesInIndex: summary.filesInIndex,
    chunksWritten: summary.chunksWritten,
    reusedEmbeddings: summary.reusedEmbeddings,
    commitsIndexed: summary.commitsIndexed ?? null,
    filesFailed: summary.filesFailed,
    failures: summary.failures.map(fileFailureFields),
    durationMs: summary.durationMs,
    peakRssBytes: summary.peakRssBytes,
  };
}
