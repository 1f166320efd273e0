import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { exists, isFolder } from "./exists.ts";
import { ignoredChanges } from "./ignored-changes.ts";
import { type Burst, type Change, PendingChanges } from "./pending-changes.ts";
import { WakeUpCall } from "./wake-up-call.ts";
import { type FileWatch, watchFiles } from "./watch-files.ts";
import { explainWatchFailure } from "./watch-folder.ts";

/** Milliseconds. */
export interface ChangeTiming {
  /** Changes are answered when none has come for this time, … */
  readonly quietMs: number;
  /** … or the first of them is this old, … */
  readonly maxWaitMs: number;
  /** … but while git is changing files, not before this. */
  readonly maxGitWaitMs: number;
  /** The workspace is compared after this time in any case, for changes that nothing has told of. */
  readonly reconcileMs: number;
  /** The same where changes cannot be watched. */
  readonly pollMs: number;
}

/** Which of some changed paths are ignored. */
interface Verdict {
  readonly paths: readonly string[];
  readonly ignored: ReadonlySet<string>;
}

/** How often the time of day is looked at: when it jumps, the system has slept, or moved to another host. */
const CLOCK_CHECK_MS = 30_000;
const CLOCK_JUMP_MS = 5_000;

/** More are forgotten. */
const MAX_IGNORED_PATHS = 1_000;

/**
 * Knows when the index of a workspace may not be current any more. To know is not to say what has changed: a burst of
 * changes is one piece of work.
 */
export class ChangeWatch {
  readonly #workspace: string;
  readonly #indexPath: string;
  readonly #exclude: readonly string[] | undefined;
  readonly #timing: ChangeTiming;
  readonly #signal: AbortSignal;
  readonly #onTrouble: (message: string) => void;
  readonly #pending: PendingChanges;
  readonly #wakeUpCall = new WakeUpCall();
  readonly #wake = () => {
    this.#wakeUpCall.call();
  };
  #files: FileWatch | undefined;
  /** Whether the watching has to begin anew: it has not begun, or may miss something. */
  #isStale = true;
  /** Why changes cannot be watched. */
  #trouble: string | undefined;
  #compareAt = 0;
  #clockOffset = clockOffset();
  /** Paths that were found to be ignored: what writes a log does so all day. */
  readonly #ignored = new Set<string>();
  /** What is known of the first changes of a burst, asked for while it is waited for more. */
  #firstVerdict: Promise<Verdict> | undefined;

  /** @param onTrouble told why changes cannot be watched, and what is done instead; once for each reason. */
  constructor(
    {
      workspace,
      indexPath,
      exclude,
    }: { readonly workspace: string; readonly indexPath: string; readonly exclude?: readonly string[] },
    timing: ChangeTiming,
    signal: AbortSignal,
    onTrouble: (message: string) => void,
  ) {
    this.#workspace = workspace;
    this.#indexPath = indexPath;
    this.#exclude = exclude;
    this.#timing = timing;
    this.#signal = signal;
    this.#onTrouble = onTrouble;
    this.#pending = new PendingChanges(timing);
    signal.addEventListener("abort", this.#wake, { once: true });
  }

  /** How changes are found out. */
  get by(): "events" | "polling" {
    return this.#trouble === undefined ? "events" : "polling";
  }

  /** Milliseconds between two comparisons of a workspace in which nothing seems to happen. */
  get intervalMs(): number {
    return this.by === "events" ? this.#timing.reconcileMs : this.#timing.pollMs;
  }

  /** What was watched is not what is there now. */
  doubt(): void {
    this.#isStale = true;
  }

  /** Makes sure that changes from now on are noticed, as far as the system lets it. Call it before every run. */
  async renew(): Promise<void> {
    if (!this.#isStale) return;
    await this.#files?.close();
    this.#files = undefined;
    this.#ignored.clear();
    this.#firstVerdict = undefined;
    const before = this.#trouble;
    this.#trouble = undefined;
    try {
      this.#files = await this.#watchFiles();
    } catch (error) {
      // A workspace that has just gone is waited for after the run, which fails.
      if (this.#signal.aborted || !(await isFolder(this.#workspace))) return;
      this.#trouble = explainWatchFailure(error);
      if (before !== this.#trouble)
        this.#onTrouble(`${this.#trouble} Meanwhile the workspace is compared every ${this.intervalMs / 1_000} s.`);
    }
    this.#isStale = false;
    this.#compareAt = performance.now() + this.intervalMs;
  }

  /**
   * Waits until there may be something to do, or the signal is aborted.
   *
   * @param idleAt when nothing has to be done any more, in the time of `performance.now()`.
   * @returns `idle` if it came to that.
   */
  async work(idleAt: number): Promise<"work" | "idle"> {
    // However long runs take, there is some time between those that nothing has asked for.
    this.#compareAt = Math.max(this.#compareAt, performance.now() + this.#timing.pollMs);
    while (!this.#signal.aborted) {
      const now = performance.now();
      if (now >= this.#compareAt || this.#clockHasJumped()) this.#isStale = true;
      if (this.#isStale) return "work";
      const { dueAt } = this.#pending;
      if (dueAt === undefined && now >= idleAt) return "idle";
      if (dueAt !== undefined && now >= dueAt && !(await this.#gitIsBusy(now))) {
        const burst = this.#pending.take();
        const first = this.#firstVerdict;
        this.#firstVerdict = undefined;
        this.#isStale = burst.isDoubtful || (await this.#hasUnwatchedFolder(burst));
        if (this.#isStale || (await this.#matters(burst, first))) return "work";
      } else {
        if (dueAt !== undefined) this.#judgeFirst();
        // While git is busy the changes are due, and looked at again after a pause.
        const next = dueAt === undefined ? idleAt : Math.max(dueAt, now + this.#timing.quietMs / 4);
        await this.#wakeUpCall.sleep(Math.min(next, this.#compareAt, now + CLOCK_CHECK_MS) - now);
      }
    }
    return "work";
  }

  /** Waits, whatever changes meanwhile, unless the signal is aborted. */
  async sleep(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (!this.#signal.aborted && performance.now() < end) await this.#wakeUpCall.sleep(end - performance.now());
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#wake);
    await this.#firstVerdict?.catch(() => undefined);
    await this.#files?.close();
  }

  #watchFiles(): Promise<FileWatch> {
    const noting = (note: (now: number) => void) => {
      note(performance.now());
      this.#wake();
    };
    const listener = {
      onChanges: (changes: readonly Change[]) => {
        noting((now) =>
          this.#pending.add(
            changes.filter(({ path }) => !this.#ignored.has(path)),
            now,
          ),
        );
      },
      onRules: () => noting((now) => this.#pending.addCertainty(now)),
      onDoubt: () => noting((now) => this.#pending.addDoubt(now)),
    };
    return watchFiles(this.#workspace, this.#indexPath, listener, this.#signal, this.#exclude);
  }

  /** Whether git is writing its index, as while it switches branches: the files that it writes come before. */
  async #gitIsBusy(now: number): Promise<boolean> {
    const { since } = this.#pending;
    const gitFolder = this.#files?.gitFolder;
    if (gitFolder === undefined || since === undefined || now - since >= this.#timing.maxGitWaitMs) return false;
    return exists(join(gitFolder, "index.lock"));
  }

  async #matters({ paths, isCertain }: Burst, first: Promise<Verdict> | undefined): Promise<boolean> {
    if (isCertain) {
      this.#ignored.clear();
      return true;
    }
    if (first && this.#accept(await first)) return true;
    const others = [...paths.keys()].filter((path) => !this.#ignored.has(path));
    return others.length > 0 && this.#accept(await this.#judge(others));
  }

  /** git takes a moment to answer, which would come on top of the waiting. */
  #judgeFirst(): void {
    this.#firstVerdict ??= this.#judge([...this.#pending.paths]);
    // Thrown where it is waited for.
    this.#firstVerdict.catch(() => undefined);
  }

  async #judge(paths: readonly string[]): Promise<Verdict> {
    return { paths, ignored: await ignoredChanges(this.#workspace, paths, this.#signal) };
  }

  /** Remembers what is ignored; whether anything is not. */
  #accept({ paths, ignored }: Verdict): boolean {
    if (this.#ignored.size + ignored.size > MAX_IGNORED_PATHS) this.#ignored.clear();
    for (const path of ignored) this.#ignored.add(path);
    return ignored.size < paths.length;
  }

  /** Whether a new folder has folders in it: they came into being, or into the workspace, before it was watched. */
  async #hasUnwatchedFolder({ paths }: Burst): Promise<boolean> {
    for (const [path, isNew] of paths) {
      if (!isNew) continue;
      const children = await readdir(join(this.#workspace, path), { withFileTypes: true }).catch(() => []);
      if (children.some((child) => child.isDirectory())) return true;
    }
    return false;
  }

  #clockHasJumped(): boolean {
    const before = this.#clockOffset;
    this.#clockOffset = clockOffset();
    return Math.abs(this.#clockOffset - before) > CLOCK_JUMP_MS;
  }
}

/** By how much the time of day is ahead of the time that never jumps; milliseconds. */
function clockOffset(): number {
  return Date.now() - performance.now();
}
