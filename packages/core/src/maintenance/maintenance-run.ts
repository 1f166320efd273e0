import { ResonaError } from "../errors.ts";
import type {
  MaintenanceFailure,
  MaintenanceOptions,
  MaintenanceResult,
  MaintenanceStep,
} from "../model/maintenance.ts";
import { translateStoreError } from "../store/lance-errors.ts";
import { type TriedStep, stepKey } from "./maintenance-record.ts";

/** What a run is asked to do, checked and with its defaults. */
export interface MaintenanceSettings {
  readonly skipCompaction: boolean;
  readonly skipIndex: boolean;
  readonly skipCleanup: boolean;
  readonly onlyIfNeeded: boolean;
  /** Versions of before go. */
  readonly cutOff: Date;
  /** Undefined: as the policy finds. */
  readonly staleShare: number | undefined;
  /** Throws once the writer's lock is lost. */
  readonly assertHeld: (() => void) | undefined;
  readonly onProgress: MaintenanceOptions["onProgress"] | undefined;
  readonly signal: AbortSignal | undefined;
}

/** `left out` if the step was not due, not wanted, or not begun any more. */
export type StepOutcome = "done" | "failed" | "left out";

/** Runs the steps on all tables one after another, measures them, and collects what becomes of them. */
export class MaintenanceRun {
  readonly settings: MaintenanceSettings;
  readonly notes: string[] = [];
  readonly tried: TriedStep[] = [];
  /** By table: the rows that its vector index was made of, or undefined if it was dropped. */
  readonly vectorIndexRows: Map<string, number | undefined> = new Map();
  indexRebuilt = false;
  readonly #folder: string;
  readonly #stepMs: Partial<Record<MaintenanceStep, number>> = {};
  readonly #failures = new Map<string, MaintenanceFailure>();
  #compaction: NonNullable<MaintenanceResult["compaction"]> | undefined;
  #cleanup: NonNullable<MaintenanceResult["cleanup"]> | undefined;
  #interrupted = false;

  constructor(folder: string, settings: MaintenanceSettings) {
    this.#folder = folder;
    this.settings = settings;
  }

  /**
   * Does a step on a table. If it fails, that is kept for the result; a step that is done once more and succeeds has
   * not failed. Once the run is cancelled nothing is begun any more.
   *
   * @param work what the step consists of; gives a sentence on what it did.
   * @throws ResonaError LOCK_LOST
   */
  async step(
    step: MaintenanceStep,
    table: string,
    beginning: string,
    work: () => Promise<string>,
  ): Promise<StepOutcome> {
    const { signal, onProgress, assertHeld } = this.settings;
    if (signal?.aborted === true) {
      this.#interrupted = true;
      return "left out";
    }
    assertHeld?.();
    const key = stepKey({ step, table });
    this.tried.push({ step, table });
    onProgress?.(step, `${table}: ${beginning}`);
    const startedAt = performance.now();
    let ending: string;
    try {
      ending = await work();
      this.#failures.delete(key);
    } catch (error) {
      const { code, message } = this.#translated(error);
      this.#failures.set(key, { step, table, code, message });
      ending = `failed: ${message}`;
    }
    this.#stepMs[step] = (this.#stepMs[step] ?? 0) + performance.now() - startedAt;
    onProgress?.(step, `${table}: ${ending}`);
    return this.#failures.has(key) ? "failed" : "done";
  }

  failureOf(step: MaintenanceStep, table: string): MaintenanceFailure | undefined {
    return this.#failures.get(stepKey({ step, table }));
  }

  addCompaction({ fragmentsRemoved, filesCreated }: NonNullable<MaintenanceResult["compaction"]>): void {
    const sum = (this.#compaction ??= { fragmentsRemoved: 0, filesCreated: 0 });
    this.#compaction = {
      fragmentsRemoved: sum.fragmentsRemoved + fragmentsRemoved,
      filesCreated: sum.filesCreated + filesCreated,
    };
  }

  addCleanup({ bytesRemoved, versionsRemoved }: NonNullable<MaintenanceResult["cleanup"]>): void {
    const sum = (this.#cleanup ??= { bytesRemoved: 0, versionsRemoved: 0 });
    this.#cleanup = {
      bytesRemoved: sum.bytesRemoved + bytesRemoved,
      versionsRemoved: sum.versionsRemoved + versionsRemoved,
    };
  }

  result(): Omit<MaintenanceResult, "indexStats" | "durationMs"> {
    return {
      ...(this.#compaction ? { compaction: this.#compaction } : {}),
      ...(this.#cleanup ? { cleanup: this.#cleanup } : {}),
      indexRebuilt: this.indexRebuilt,
      stepMs: this.#stepMs,
      failures: [...this.#failures.values()],
      notes: this.notes,
      interrupted: this.#interrupted,
    };
  }

  #translated(error: unknown): ResonaError {
    const translated = translateStoreError(error, this.#folder);
    // What is not an error of the store is one of this program.
    if (!(translated instanceof ResonaError)) throw error;
    return translated;
  }
}
