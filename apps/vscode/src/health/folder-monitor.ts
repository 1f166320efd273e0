import type { DatabaseDiagnostics, IndexStats, MaintenanceResult } from "@resona/core";
import { Emitter, type Event } from "vscode-jsonrpc/node";

import type { EngineClient, RunReport } from "../engine-client/engine-client.ts";
import { EngineError, type EngineErrorData, engineError } from "../protocol/engine-error.ts";
import type { Activity, DiagnosisProgress, RunKind } from "../protocol/protocol.ts";
import type { FolderHealth, FolderPhase, RunProgress } from "./folder-health.ts";
import { type HealthHistory, addSample } from "./health-history.ts";
import type { MaintenanceRun, StorageFigures } from "./maintenance-run.ts";
import { type MemoryTrace, addMemory, beginTrace } from "./memory-trace.ts";

/** What of an engine its health is told by. */
export type MonitoredEngine = Pick<
  EngineClient,
  | "state"
  | "activity"
  | "onDidChangeState"
  | "onDidChangeActivity"
  | "onDidReport"
  | "onDidSampleMemory"
  | "stats"
  | "getDiagnostics"
  | "maintain"
>;

/** Where the history of an index is kept between sessions of the editor. */
export interface HistoryStore {
  load(): HealthHistory;
  save(history: HealthHistory): void;
}

export interface MonitoredFolder {
  /** Its URI. */
  readonly id: string;
  readonly name: string;
  readonly engine: MonitoredEngine;
  readonly history: HistoryStore;
  /** Looks at the disk, so that no engine need be started where there is nothing to tell of. */
  readonly hasIndex: () => Promise<boolean>;
}

/** How long to wait before an index is measured again without being asked to, in milliseconds. */
export interface MonitorTiming {
  /** After a run, as another one often follows. */
  readonly afterRun: number;
  /** While another process writes the index. */
  readonly whileWritten: number;
}

const defaultTiming: MonitorTiming = { afterRun: 2_000, whileWritten: 10_000 };

/** Watches one folder's engine, measures its index when that has changed, and keeps what it has seen. */
export class FolderMonitor {
  readonly id: string;
  readonly name: string;
  readonly #engine: MonitoredEngine;
  readonly #historyStore: HistoryStore;
  readonly #timing: MonitorTiming;
  readonly #changed = new Emitter<void>();
  readonly #subscriptions: readonly { dispose(): void }[];
  #isPaused = false;
  #isDisposed = false;
  #progress: RunProgress | undefined;
  #memoryBytes: number | undefined;
  #stats: IndexStats | undefined;
  #diagnostics: DatabaseDiagnostics | undefined;
  /** Why it is not known what the index is like. */
  #absence: "unmeasured" | "no-index" | "built-elsewhere" | undefined = "unmeasured";
  /** Why what was asked for could not be done. */
  #failure: EngineErrorData | undefined;
  /** Why it cannot be told what the index is like. */
  #unmeasurable: EngineErrorData | undefined;
  #memory: MemoryTrace | undefined;
  #history: HealthHistory;
  #maintenance: MaintenanceRun | undefined;
  #examination: DiagnosisProgress | undefined;
  /** Aborted to end maintenance and examinations. */
  #work = new AbortController();
  #maintainedSince = false;
  #lastActivity: Activity;
  #measuring: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ id, name, engine, history, hasIndex }: MonitoredFolder, timing: Partial<MonitorTiming> = {}) {
    this.id = id;
    this.name = name;
    this.#engine = engine;
    this.#historyStore = history;
    this.#history = history.load();
    this.#timing = { ...defaultTiming, ...timing };
    this.#lastActivity = engine.activity;
    this.#subscriptions = [
      engine.onDidChangeState(() => this.#onState()),
      engine.onDidChangeActivity((activity) => this.#onActivity(activity)),
      engine.onDidReport((report) => this.#onReport(report)),
      engine.onDidSampleMemory(({ rss }) => this.#onMemory(rss)),
    ];
    if (engine.state.kind === "ready") void this.measure();
    else void this.#look(hasIndex);
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get health(): FolderHealth {
    return {
      id: this.id,
      name: this.name,
      phase: this.#phase(),
      isPaused: this.#isPaused,
      ...(this.#stats === undefined ? {} : { stats: this.#stats }),
      ...(this.#diagnostics === undefined ? {} : { diagnostics: this.#diagnostics }),
      ...(this.#memoryBytes === undefined ? {} : { memoryBytes: this.#memoryBytes }),
    };
  }

  get history(): HealthHistory {
    return this.#history;
  }

  /** Of the last run, or the one under way. */
  get memory(): MemoryTrace | undefined {
    return this.#memory;
  }

  get maintenance(): MaintenanceRun | undefined {
    return this.#maintenance;
  }

  /** How far reading every record is, while that is done. */
  get examination(): DiagnosisProgress | undefined {
    return this.#examination;
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#tell();
  }

  /** What the user asked for has failed; that is told until the next run begins. */
  setFailure(error: unknown): void {
    this.#failure = errorData(error);
    this.#tell();
  }

  /** Asks the engine what the index is like; starts it if it does not run. What goes wrong is part of the health. */
  async measure(): Promise<void> {
    this.#measuring ??= this.#measureOnce().finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  /**
   * Reads every record of the index, and adds what is found to the health.
   *
   * @throws EngineError if that fails. Cancelled, it ends without a result.
   */
  async examine(): Promise<void> {
    const { signal } = this.#work;
    const onProgress = (progress: DiagnosisProgress) => {
      this.#examination = progress;
      this.#tell();
    };
    try {
      this.#diagnostics = await this.#engine.getDiagnostics({ deep: true, signal, onProgress });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#examination = undefined;
      this.#tell();
    }
  }

  /**
   * Runs maintenance, and measures the index before and after it.
   *
   * @returns what it did; undefined if it was cancelled before it began.
   * @throws EngineError if it cannot begin.
   */
  async maintain(): Promise<MaintenanceResult | undefined> {
    const { signal } = this.#work;
    await this.measure();
    const before = figures(this.#stats);
    this.#setMaintenance({ kind: "running", before });
    try {
      const result = await this.#engine.maintain({
        signal,
        onProgress: (step, details) =>
          this.#setMaintenance({ kind: "running", before, step, ...(details === undefined ? {} : { details }) }),
      });
      await this.measure();
      this.#setMaintenance({ kind: "done", before, after: figures(this.#stats), result });
      return result;
    } catch (error) {
      this.#setMaintenance(signal.aborted ? undefined : { kind: "failed", error: errorData(error) });
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  /** Ends the maintenance and the examination under way. What they have done stays. */
  cancel(): void {
    this.#work.abort();
    this.#work = new AbortController();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #phase(): FolderPhase {
    const { state } = this.#engine;
    if (state.kind === "failed") return { kind: "down", error: dataOf(state.reason) };
    if (state.kind === "restarting") return { kind: "restarting", reason: state.reason.message };
    const { running } = this.#lastActivity;
    if (running === "index" || running === "indexCommits")
      return { kind: "indexing", ...(this.#progress === undefined ? {} : { progress: this.#progress }) };
    if (running === "maintain" || running === "heal") return this.#maintaining();
    const error = this.#failure ?? this.#unmeasurable;
    if (error !== undefined) return { kind: "failed", error };
    if (this.#absence === "no-index") return { kind: "no-index" };
    if (this.#absence === "built-elsewhere") return { kind: "built-elsewhere" };
    return { kind: this.#absence === "unmeasured" ? "starting" : "idle" };
  }

  #maintaining(): FolderPhase {
    const run = this.#maintenance;
    return { kind: "maintaining", ...(run?.kind === "running" && run.step !== undefined ? { step: run.step } : {}) };
  }

  async #look(hasIndex: () => Promise<boolean>): Promise<void> {
    const isThere = await hasIndex().catch(() => false);
    if (this.#absence !== "unmeasured") return;
    this.#absence = isThere ? undefined : "no-index";
    this.#tell();
  }

  async #measureOnce(): Promise<void> {
    clearTimeout(this.#timer);
    const [stats, diagnostics] = await Promise.allSettled([this.#engine.stats(), this.#engine.getDiagnostics()]);
    if (this.#isDisposed) return;
    this.#stats = stats.status === "fulfilled" ? stats.value : undefined;
    this.#diagnostics = diagnostics.status === "fulfilled" ? this.#withoutOwnLock(diagnostics.value) : undefined;
    // Diagnostics work on an index that cannot be opened, and then say why.
    const error = diagnostics.status === "rejected" ? errorData(diagnostics.reason) : undefined;
    this.#absence = absences[error?.code ?? ""];
    this.#unmeasurable = this.#absence === undefined ? error : undefined;
    this.#record();
    if (this.#isWrittenElsewhere()) this.#measureIn(this.#timing.whileWritten);
    this.#tell();
  }

  /** That somebody is writing is no news while that is the engine itself. */
  #withoutOwnLock(diagnostics: DatabaseDiagnostics): DatabaseDiagnostics {
    if (this.#lastActivity.running === undefined) return diagnostics;
    return { ...diagnostics, findings: diagnostics.findings.filter(({ code }) => code !== "LOCK_HELD") };
  }

  #isWrittenElsewhere(): boolean {
    if (this.#lastActivity.running !== undefined) return false;
    return (
      this.#absence === "built-elsewhere" ||
      this.#diagnostics?.findings.some(({ code }) => code === "LOCK_HELD") === true
    );
  }

  #record(): void {
    if (this.#stats === undefined) return;
    const { fragments, versions } = this.#stats;
    const sample = { at: Date.now(), fragments, versions, maintained: this.#maintainedSince };
    this.#maintainedSince = false;
    this.#history = addSample(this.#history, sample);
    this.#historyStore.save(this.#history);
  }

  #measureIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isDisposed) return;
    this.#timer = setTimeout(() => {
      // One that is stopped is not started for this.
      if (this.#engine.state.kind === "ready") void this.measure();
    }, ms);
  }

  #onState(): void {
    const { kind } = this.#engine.state;
    if (kind !== "ready") this.#memoryBytes = undefined;
    else void this.measure();
    this.#tell();
  }

  #onActivity(activity: Activity): void {
    const ended = this.#lastActivity.running;
    const { running } = activity;
    this.#lastActivity = activity;
    if (running !== ended) {
      this.#progress = undefined;
      if (running !== undefined) {
        this.#memory = beginTrace(Date.now());
        this.#failure = undefined;
      }
      if (ended === "maintain") this.#maintainedSince = true;
      if (ended !== undefined) this.#afterRun(ended);
    }
    this.#tell();
  }

  #afterRun(kind: RunKind): void {
    if (this.#engine.state.kind !== "ready") return;
    if (this.#absence === undefined) {
      this.#measureIn(this.#timing.afterRun);
      return;
    }
    // There is one now, most likely; what it is like is known in a moment.
    if (kind === "index") this.#absence = undefined;
    void this.measure();
  }

  #onReport(report: RunReport): void {
    if (report.event.type === "progress") {
      const { stage, filesDone, filesTotal, secondsLeft, commitsRead = 0, rssBytes } = report.event;
      const ofFiles = {
        done: filesDone,
        ...(filesTotal === undefined ? {} : { total: filesTotal }),
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      };
      this.#progress = stage === "history" ? { unit: "commits", done: commitsRead } : ofFiles;
      this.#onMemory(rssBytes);
    } else if (report.event.type === "item-progress") {
      this.#progress = { unit: "commits", done: report.event.itemsRead };
      this.#onMemory(report.event.rssBytes);
    }
  }

  #onMemory(bytes: number): void {
    this.#memoryBytes = bytes;
    if (this.#memory !== undefined && this.#lastActivity.running !== undefined)
      this.#memory = addMemory(this.#memory, Date.now(), bytes);
    this.#tell();
  }

  #setMaintenance(run: MaintenanceRun | undefined): void {
    this.#maintenance = run;
    this.#tell();
  }

  #tell(): void {
    if (!this.#isDisposed) this.#changed.fire();
  }
}

const absences: Readonly<Record<string, "no-index" | "built-elsewhere">> = {
  NO_INDEX: "no-index",
  INDEX_BEING_BUILT: "built-elsewhere",
};

function figures(stats: IndexStats | undefined): StorageFigures | undefined {
  if (stats === undefined) return undefined;
  const { fragments, versions, unindexedRows, diskBytes } = stats;
  return { fragments, versions, unindexedRows, diskBytes };
}

function errorData(error: unknown): EngineErrorData {
  return dataOf(error instanceof EngineError ? error : engineError("ENGINE_FAILED", { detail: String(error) }, error));
}

function dataOf({ code, message, nextStep }: EngineError): EngineErrorData {
  return { code, message, nextStep };
}
