import type { Engine, Finding, Remedy } from "@resona/core";

import type { CliContext } from "../context.ts";
import { describeFailure, type Failure, InterruptedError } from "../failure.ts";
import { formatFailure, interrupted, workDone } from "../present/human.ts";
import { paintFor } from "../present/paint.ts";
import { bringUpToDate } from "./bring-up-to-date.ts";
import { runMaintenance } from "./run-maintenance.ts";

type RemedyKind = Exclude<Remedy["kind"], "none">;

/** What became of a remedy that helps against something that was found. */
export interface Fix {
  readonly remedy: RemedyKind;
  readonly status: "done" | "declined" | "failed";
  readonly failure?: Failure;
}

export interface TreatmentOptions {
  readonly json: boolean;
  readonly context: CliContext;
  /** Absent if the user has agreed to everything. */
  readonly ask?: CliContext["ask"];
}

const questions: Readonly<Record<RemedyKind, string>> = {
  heal: "Let the tables go back to their newest whole versions?",
  rebuild: "Build the index anew?",
  index: "Bring the index up to date?",
  maintain: "Compact the tables, bring their indexes up to date and remove old versions?",
};

/** What the engine can do against findings that need something. */
export function remediesOf(findings: readonly Finding[]): Set<RemedyKind> {
  const kinds = findings.filter(({ severity }) => severity !== "info").map(({ remedy }) => remedy.kind);
  return new Set(kinds.filter((kind) => kind !== "none"));
}

/** Applies the engine's remedies, each after asking, in an order in which none undoes another. */
export class Treatment {
  readonly fixes: Fix[] = [];
  readonly #engine: Engine;
  readonly #options: TreatmentOptions;

  constructor(engine: Engine, options: TreatmentOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** @throws InterruptedError, or the reason of the context's signal, when the user has stopped it. */
  async apply(findings: readonly Finding[]): Promise<void> {
    const kinds = remediesOf(findings);
    // What came after the version that the tables go back to is lost; only indexing brings it back.
    if (kinds.has("heal") && (await this.#offer("heal"))) kinds.add("index");
    // It does all that the others do.
    if (kinds.has("rebuild") && (await this.#offer("rebuild"))) return;
    if (kinds.has("index")) await this.#offer("index");
    if (kinds.has("maintain")) await this.#offer("maintain");
  }

  /** @returns whether it was applied. */
  async #offer(remedy: RemedyKind): Promise<boolean> {
    const { json, ask, context } = this.#options;
    const answer = ask === undefined ? "y" : await ask(`${questions[remedy]} [y/N] `);
    if (!/^\s*y(es)?\s*$/i.test(answer)) {
      this.fixes.push({ remedy, status: "declined" });
      return false;
    }
    const failure = await this.#failureOf(remedy);
    if (failure === undefined) this.fixes.push({ remedy, status: "done" });
    else {
      this.fixes.push({ remedy, status: "failed", failure });
      if (!json) context.stderr.write(formatFailure(failure, paintFor(context.stderr)));
    }
    return failure === undefined;
  }

  /** Applies a remedy; gives what went wrong. */
  async #failureOf(remedy: RemedyKind): Promise<Failure | undefined> {
    try {
      return await this.#apply(remedy);
    } catch (error) {
      if (this.#options.context.signal.aborted) throw error;
      return describeFailure(error, false);
    }
  }

  async #apply(remedy: RemedyKind): Promise<Failure | undefined> {
    const engine = this.#engine;
    switch (remedy) {
      case "heal":
        await engine.heal();
        return undefined;
      case "rebuild":
        return this.#index(true);
      case "index":
        return this.#index(false);
      case "maintain": {
        const result = await runMaintenance(engine, {}, this.#options);
        if (result.interrupted) throw new InterruptedError("Interrupted; what was done stays.");
        const [failed] = result.failures;
        if (failed === undefined) return undefined;
        const message = `Maintenance of the table ${failed.table} failed at ${failed.step}: ${failed.message}`;
        return { code: failed.code, message, nextStep: "Run `resona maintain` to try again." };
      }
    }
  }

  async #index(rebuild: boolean): Promise<undefined> {
    const { json, context } = this.#options;
    const summary = await bringUpToDate(this.#engine, { json, rebuild }, context);
    if (summary.status === "interrupted") throw new InterruptedError(interrupted(summary));
    if (!json) context.stderr.write(`${workDone(summary)}\n`);
  }
}
