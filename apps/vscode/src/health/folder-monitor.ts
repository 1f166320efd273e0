import type { DatabaseDiagnostics, Finding, FindingCode, IndexStats, MaintenanceResult } from "@resona/core";

import type { EngineClient, RunReport } from "../engine-client/engine-client.ts";
import { Emitter, type Event } from "../events/emitter.ts";
import { type EngineErrorData, asEngineError } from "../protocol/engine-error.ts";
import type { Activity, DiagnosisProgress, RunKind } from "../protocol/protocol.ts";
import type { Examination } from "./examination.ts";
import type { FolderHealth, FolderPhase, RunProgress } from "./folder-health.ts";
import { type HealthHistory, addSample } from "./health-history.ts";
import type { MaintenanceRun, StorageFigures } from "./maintenance-run.ts";
import { type MemoryTrace, addMemory, beginTrace } from "./memory-trace.ts";
import { Throttle } from "./throttle.ts";

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
  /** While files of the index change; for the first change it does not wait. */
  readonly whileTouched: number;
}

const defaultTiming: MonitorTiming = { afterRun: 2_000, whileWritten: 10_000, whileTouched: 2_000 };

/** What only reading every record finds: all of them errors that a rebuild or a healing ends. */
const ofEveryRecord: ReadonlySet<FindingCode> = new Set(["DATA_CORRUPT", "DATA_INCONSISTENT"]);

/** Watches one folder's engine, measures its index when that has changed, and keeps what it has seen. */
export class FolderMonitor {
  readonly id: string;
  readonly name: string;
  readonly #engine: MonitoredEngine;
  readonly #historyStore: HistoryStore;
  readonly #hasIndexOnDisk: () => Promise<boolean>;
  readonly #timing: MonitorTiming;
  readonly #touches: Throttle;
  readonly #changed = new Emitter<void>();
  readonly #subscriptions: readonly { dispose(): void }[];
  #isPaused = false;
  #isDisposed = false;
  #progress: RunProgress | undefined;
  #memoryBytes: number | undefined;
  #stats: IndexStats | undefined;
  #diagnostics: DatabaseDiagnostics | undefined;
  /** Of the last examination; an ordinary measurement does not find them again. */
  #ofEveryRecord: readonly Finding[] = [];
  /** Why it is not known what the index is like; `unknown` until somebody has looked whether there is one. */
  #absence: "unknown" | "unmeasured" | "no-index" | "built-elsewhere" | undefined = "unknown";
  #hasIndex = false;
  /** When files have changed that nothing brought into the index, in milliseconds since 1970. */
  #changedAt: number | undefined;
  /** Why what was asked for could not be done. */
  #failure: EngineErrorData | undefined;
  /** Why it cannot be told what the index is like. */
  #unmeasurable: EngineErrorData | undefined;
  #memory: MemoryTrace | undefined;
  #history: HealthHistory;
  #maintenance: MaintenanceRun | undefined;
  #examination: Examination | undefined;
  #examining: Promise<void> | undefined;
  /** Aborted to end what is under way. */
  #stopMaintaining = new AbortController();
  #stopExamining = new AbortController();
  #maintainedSince = false;
  #lastActivity: Activity;
  #runStartedAt = 0;
  /** A run that has ended and whose outcome is being measured. */
  #settling: RunKind | undefined;
  /** Until then, files of the index that change were changed by the last run; of `performance.now()`. */
  #ownTouchesUntil = 0;
  #measuring: Promise<void> | undefined;
  /** The measurement after the one under way. */
  #nextMeasuring: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ id, name, engine, history, hasIndex }: MonitoredFolder, timing: Partial<MonitorTiming> = {}) {
    this.id = id;
    this.name = name;
    this.#engine = engine;
    this.#historyStore = history;
    this.#history = history.load();
    this.#hasIndexOnDisk = hasIndex;
    this.#timing = { ...defaultTiming, ...timing };
    this.#touches = new Throttle(() => void this.#lookAgain(), this.#timing.whileTouched);
    this.#lastActivity = engine.activity;
    this.#subscriptions = [
      engine.onDidChangeState(() => this.#onState()),
      engine.onDidChangeActivity((activity) => this.#onActivity(activity)),
      engine.onDidReport((report) => this.#onReport(report)),
      engine.onDidSampleMemory(({ rss }) => this.#onMemory(rss)),
    ];
    if (engine.state.kind === "ready") void this.measure();
    else void this.#look();
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
      hasIndex: this.#hasIndex,
      hasUnindexedChanges: this.#hasUnindexedChanges(),
      ...(this.#stats === undefined ? {} : { stats: this.#stats }),
      ...(this.#diagnostics === undefined ? {} : { diagnostics: this.#withEveryRecord(this.#diagnostics) }),
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

  /** The reading of every record under way, or the last one. */
  get examination(): Examination | undefined {
    return this.#examination;
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#tell();
  }

  /** What the user asked for has failed; that is told until the next run begins. */
  setFailure(error: unknown): void {
    // That it does not run is told by its state, and only as long as that is so.
    if (this.#engine.state.kind === "failed") return;
    this.#failure = asEngineError(error);
    this.#tell();
  }

  /** Files of the folder have changed, and nothing will bring that into the index. */
  missChanges(): void {
    this.#changedAt = Date.now();
    this.#tell();
  }

  /** The lock of the index or what the index says of itself has changed on the disk, by whoever it was. */
  touched(): void {
    if (this.#lastActivity.running !== undefined || performance.now() < this.#ownTouchesUntil) return;
    this.#touches.request();
  }

  /**
   * Asks the engine what the index is like; starts it if it does not run. What goes wrong is part of the health. What
   * has changed before the call is measured: a measurement under way is followed by another.
   */
  async measure(): Promise<void> {
    if (this.#measuring === undefined) {
      this.#measuring = this.#measureOnce().finally(() => {
        this.#measuring = undefined;
      });
      if (this.#absence === "unmeasured") this.#tell();
    } else {
      this.#nextMeasuring ??= this.#measuring.then(() => {
        this.#nextMeasuring = undefined;
        return this.measure();
      });
    }
    await (this.#nextMeasuring ?? this.#measuring);
  }

  /**
   * Reads every record of the index, and adds what is found to the health. While that is under way, it is not begun again.
   *
   * @throws EngineError if that fails. Cancelled, it ends without a result.
   */
  async examine(): Promise<void> {
    this.#examining ??= this.#examine().finally(() => {
      this.#examining = undefined;
    });
    await this.#examining;
  }

  /**
   * Runs maintenance, and measures the index before and after it.
   *
   * @returns what it did; undefined if it was cancelled before it began.
   * @throws EngineError if it cannot begin.
   */
  async maintain(): Promise<MaintenanceResult | undefined> {
    const { signal } = this.#stopMaintaining;
    this.#setMaintenance({ kind: "running", before: figures(this.#stats) });
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
      this.#setMaintenance(signal.aborted ? undefined : { kind: "failed", error: asEngineError(error) });
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  /** Ends the maintenance under way. What it has done stays. */
  cancelMaintenance(): void {
    this.#stopMaintaining.abort();
    this.#stopMaintaining = new AbortController();
  }

  /** Ends the examination under way. */
  cancelExamination(): void {
    this.#stopExamining.abort();
    this.#stopExamining = new AbortController();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#touches.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #phase(): FolderPhase {
    const { state } = this.#engine;
    if (state.kind === "failed") return { kind: "down", error: state.reason };
    if (state.kind === "restarting") return { kind: "restarting", reason: state.reason.message };
    const running = this.#lastActivity.running ?? this.#settling;
    if (running === "index" || running === "indexCommits")
      return { kind: "indexing", ...(this.#progress === undefined ? {} : { progress: this.#progress }) };
    if (running === "maintain" || running === "heal") return this.#maintaining();
    const error = this.#failure ?? this.#unmeasurable;
    if (error !== undefined) return { kind: "failed", error };
    if (this.#absence === "no-index") return { kind: "no-index" };
    if (this.#absence === "built-elsewhere") return { kind: "built-elsewhere" };
    if (this.#absence === "unmeasured" && this.#measuring === undefined && state.kind !== "starting")
      return { kind: "unmeasured" };
    return { kind: this.#absence === undefined ? "idle" : "starting" };
  }

  /** A run that has come to its end is later than what it has taken in. */
  #hasUnindexedChanges(): boolean {
    if (this.#changedAt === undefined) return false;
    const { lastIndexedAt } = this.#stats ?? {};
    return lastIndexedAt === undefined || this.#changedAt >= Date.parse(lastIndexedAt);
  }

  #withEveryRecord(diagnostics: DatabaseDiagnostics): DatabaseDiagnostics {
    const isNew = (finding: Finding) =>
      !diagnostics.findings.some(({ code, sentence }) => code === finding.code && sentence === finding.sentence);
    // Errors come first.
    return { ...diagnostics, findings: [...this.#ofEveryRecord.filter(isNew), ...diagnostics.findings] };
  }

  #maintaining(): FolderPhase {
    const run = this.#maintenance;
    return { kind: "maintaining", ...(run?.kind === "running" && run.step !== undefined ? { step: run.step } : {}) };
  }

  async #look(): Promise<void> {
    const isThere = await this.#hasIndexOnDisk().catch(() => false);
    if (this.#absence !== "unknown") return;
    this.#absence = isThere ? "unmeasured" : "no-index";
    this.#hasIndex = isThere;
    this.#tell();
  }

  /** An index that others have made or written is measured, also by an engine that does not run yet. */
  async #lookAgain(): Promise<void> {
    if (this.#lastActivity.running !== undefined) return;
    const { kind } = this.#engine.state;
    if (kind === "ready") await this.measure();
    if (kind !== "stopped") return;
    if (await this.#hasIndexOnDisk().catch(() => false)) {
      await this.measure();
      return;
    }
    this.#stats = undefined;
    this.#diagnostics = undefined;
    this.#leaveIndex();
    this.#tell();
  }

  async #examine(): Promise<void> {
    const { signal } = this.#stopExamining;
    const last = this.#examination;
    const onProgress = (progress: DiagnosisProgress) => this.#setExamination({ kind: "running", progress });
    this.#setExamination({ kind: "running" });
    try {
      const { findings, totalRows, version } = await this.#engine.getDiagnostics({ deep: true, signal, onProgress });
      this.#ofEveryRecord = findings.filter(({ code }) => ofEveryRecord.has(code));
      const isSound = !findings.some(({ code, severity }) => severity === "error" || code === "CHECK_FAILED");
      this.#setExamination({ kind: "done", at: new Date(), chunks: totalRows, version, isSound });
      // The rest of what it has found was found before it began to read.
      void this.measure();
    } catch (error) {
      this.#setExamination(signal.aborted ? last : undefined);
      if (!signal.aborted) throw error;
    }
  }

  /** The records that were read are not there any more. */
  #forgetExamination(): void {
    this.#ofEveryRecord = [];
    if (this.#examination?.kind === "done") this.#examination = undefined;
  }

  #leaveIndex(): void {
    this.#absence = "no-index";
    this.#hasIndex = false;
    this.#forgetExamination();
  }

  async #measureOnce(): Promise<void> {
    clearTimeout(this.#timer);
    const [stats, diagnostics] = await Promise.allSettled([this.#engine.stats(), this.#engine.getDiagnostics()]);
    if (this.#isDisposed) return;
    this.#stats = stats.status === "fulfilled" ? stats.value : undefined;
    this.#diagnostics = diagnostics.status === "fulfilled" ? this.#withoutOwnLock(diagnostics.value) : undefined;
    // Diagnostics work on an index that cannot be opened, and then say why.
    const error = diagnostics.status === "rejected" ? asEngineError(diagnostics.reason) : undefined;
    this.#absence = absences[error?.code ?? ""];
    this.#unmeasurable = this.#absence === undefined ? error : undefined;
    if (this.#absence === "no-index") this.#leaveIndex();
    if (diagnostics.status === "fulfilled") {
      this.#hasIndex = true;
      // An index that is built anew, by whoever it was, begins with its first version.
      if (this.#examination?.kind === "done" && diagnostics.value.version < this.#examination.version)
        this.#forgetExamination();
    }
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
    // A measurement under way has waited for the engine.
    else if (this.#measuring === undefined) void this.measure();
    this.#tell();
  }

  #onActivity(activity: Activity): void {
    const ended = this.#lastActivity.running;
    const { running } = activity;
    this.#lastActivity = activity;
    if (running !== ended) {
      this.#progress = undefined;
      if (running !== undefined) {
        this.#runStartedAt = Date.now();
        this.#memory = beginTrace(this.#runStartedAt);
        this.#failure = undefined;
      }
      if (ended === "maintain") this.#maintainedSince = true;
      if (ended !== undefined) this.#afterRun(ended);
    }
    this.#tell();
  }

  #afterRun(kind: RunKind): void {
    if (kind === "heal") this.#forgetExamination();
    // What has changed during a run may have come too late for it.
    if (kind === "index" && this.#changedAt !== undefined && this.#changedAt >= this.#runStartedAt)
      this.#changedAt = Date.now();
    if (this.#engine.state.kind !== "ready") return;
    this.#ownTouchesUntil = performance.now() + this.#timing.afterRun;
    // Nothing is said of what is about to be known.
    if (this.#absence !== undefined || this.#hasUnindexedChanges()) void this.#settle(kind);
    this.#measureIn(this.#timing.afterRun);
  }

  async #settle(kind: RunKind): Promise<void> {
    this.#settling = kind;
    await this.measure();
    this.#settling = undefined;
    this.#tell();
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
    } else if (report.event.type === "notice") {
      if (report.event.code === "REBUILT" || report.event.code === "HEALED") this.#forgetExamination();
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

  #setExamination(examination: Examination | undefined): void {
    this.#examination = examination;
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
