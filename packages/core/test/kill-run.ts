import { once } from "node:events";
import { createInterface } from "node:readline";

import type { IndexEvent, IndexSummary } from "../src/index.ts";
import { type IndexProcessOptions, startIndexProcess } from "./index-process.ts";
import type { CommitStep } from "./kill-in-commit.ts";
import type { WriteMoment } from "./kill-in-write.ts";

const TIMED_STEPS = ["commit", "compaction", "index", "cleanup"] as const;
/** A part of a run that says when it begins and ends; `commit` ends with the checkpoint. */
export type TimedStep = (typeof TIMED_STEPS)[number];

/** The instant at which a process is killed. */
export type KillPoint =
  /** So many milliseconds after the run has begun. */
  | { readonly kind: "time"; readonly ms: number }
  /** So many milliseconds after the nth event. */
  | { readonly kind: "event"; readonly nth: number; readonly ms: number }
  /** So many milliseconds after a step has begun for the nth time. */
  | { readonly kind: "step"; readonly step: TimedStep; readonly nth: number; readonly ms: number }
  /** After the nth step of that kind, between the commits to the two tables. */
  | { readonly kind: "tables"; readonly after: CommitStep; readonly nth: number }
  /** While a file of the index's folder is replaced for the nth time. */
  | { readonly kind: "write"; readonly file: string; readonly nth: number; readonly moment: WriteMoment };

/** What was seen of a run, as far as it came. */
export interface SeenRun {
  /** What the process was doing last. */
  readonly phase: string;
  readonly wasKilled: boolean;
  /** Undefined if the run did not end by itself. */
  readonly summary: IndexSummary | undefined;
  /** Codes of notices and errors, in order. */
  readonly codes: readonly string[];
  /** What the notice of a run that continues another says. */
  readonly continued: string;
  /** Chunks that the process has said to have committed. */
  readonly committedChunks: number;
  readonly events: number;
  /** From its beginning to what it said last. */
  readonly ms: number;
  /** Milliseconds that each step took, each time. */
  readonly stepMs: Readonly<Record<TimedStep, readonly number[]>>;
}

type Line =
  | IndexEvent
  | { readonly type: "begun" }
  | ({ readonly type?: undefined } & Partial<IndexSummary> & { readonly code?: string; readonly message?: string });

/**
 * Indexes a workspace in a process of its own, and kills it if a point is given: there, or when the step in question or
 * the run is over.
 */
export async function runIndexing(
  workspace: string,
  options: IndexProcessOptions,
  point?: KillPoint,
): Promise<SeenRun> {
  const child = startIndexProcess(workspace, { ...options, prelude: preludeOf(point) });
  const ended = once(child, "close");
  const kill = () => child.kill("SIGKILL");
  const watch = new RunWatch();
  let timer: NodeJS.Timeout | undefined;
  if (!child.stdout) throw new Error("The process has no output.");
  for await (const line of createInterface(child.stdout)) {
    watch.see(JSON.parse(line) as Line);
    if (point === undefined) continue;
    if (watch.isPast(point)) kill();
    else if ("ms" in point && watch.isAt(point)) timer ??= setTimeout(kill, point.ms);
  }
  await ended;
  clearTimeout(timer);
  const wasKilled = child.signalCode === "SIGKILL";
  const seen = watch.seen();
  const killsItself = wasKilled && point !== undefined && !("ms" in point) && seen.summary === undefined;
  return { ...seen, phase: killsItself ? phaseOf(point) : seen.phase, wasKilled };
}

/** A point that is reached within the process itself. */
type InnerPoint = Extract<KillPoint, { readonly kind: "tables" | "write" }>;

function phaseOf(point: InnerPoint): string {
  return point.kind === "write" ? `${point.file} ${point.moment}` : `tables after ${point.after}`;
}

/** The code by which a process kills itself. */
function preludeOf(point: KillPoint | undefined): string {
  if (point === undefined || "ms" in point) return "";
  const call = (name: string, { href }: URL, ...args: (string | number)[]) => `
    import { ${name} } from ${JSON.stringify(href)};
    ${name}(${args.map((argument) => JSON.stringify(argument)).join(", ")});`;
  return point.kind === "write"
    ? call("killInWrite", new URL("./kill-in-write.ts", import.meta.url), point.file, point.nth, point.moment)
    : call("killInCommit", new URL("./kill-in-commit.ts", import.meta.url), point.after, point.nth);
}

/** Follows what a run says. */
class RunWatch {
  readonly #codes: string[] = [];
  readonly #stepMs: Record<TimedStep, number[]> = { commit: [], compaction: [], index: [], cleanup: [] };
  /** When the steps began that have not ended. */
  readonly #under = new Map<TimedStep, number>();
  readonly #begun: Record<TimedStep, number> = { commit: 0, compaction: 0, index: 0, cleanup: 0 };
  #since: number | undefined;
  #last = 0;
  #events = 0;
  #stage = "starting";
  #continued = "";
  #committedChunks = 0;
  #summary: IndexSummary | undefined;

  see(line: Line): void {
    this.#last = performance.now();
    if (line.type === "begun") {
      this.#since = this.#last;
      this.#stage = "opening";
      return;
    }
    this.#events++;
    if (line.type === "debug") this.#seeDebug(line.message);
    else if (line.type === "progress") {
      this.#stage = line.stage === "optimizing" ? "maintenance" : "reading and embedding";
      this.#committedChunks = line.chunksIndexed;
    } else if (line.type === "notice") {
      this.#codes.push(line.code);
      if (line.code === "CONTINUED") this.#continued = line.message;
    } else if (line.code !== undefined) this.#codes.push(`${line.code}: ${line.message}`);
    else {
      this.#summary = line as IndexSummary;
      this.#stage = "ended";
    }
  }

  isAt(point: Exclude<KillPoint, InnerPoint>): boolean {
    switch (point.kind) {
      case "time":
        return this.#since !== undefined;
      case "event":
        return this.#events >= point.nth;
      case "step":
        return this.#begun[point.step] >= point.nth;
    }
  }

  isPast(point: KillPoint): boolean {
    return this.#summary !== undefined || (point.kind === "step" && this.#stepMs[point.step].length >= point.nth);
  }

  seen(): Omit<SeenRun, "wasKilled"> {
    const [under] = this.#under.keys();
    return {
      phase: under ?? this.#stage,
      summary: this.#summary,
      codes: this.#codes,
      continued: this.#continued,
      committedChunks: this.#committedChunks,
      events: this.#events,
      ms: this.#last - (this.#since ?? this.#last),
      stepMs: this.#stepMs,
    };
  }

  #seeDebug(message: string): void {
    if (message.startsWith("Processing batch ")) this.#begin("commit");
    else if (message.startsWith("Checkpoint saved")) this.#end("commit");
    // A step of maintenance says the same words when it begins and when it has ended.
    const step = TIMED_STEPS.find((name) => message.startsWith(`${name}: `));
    if (step === undefined) return;
    if (this.#under.has(step)) this.#end(step);
    else this.#begin(step);
  }

  #begin(step: TimedStep): void {
    this.#begun[step]++;
    this.#under.set(step, performance.now());
  }

  #end(step: TimedStep): void {
    this.#stepMs[step].push(performance.now() - (this.#under.get(step) ?? 0));
    this.#under.delete(step);
  }
}
