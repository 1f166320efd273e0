/** What is going on while a repository is cloned or updated. */
export interface CloneProgress {
  /** For people; mostly git's own words: `Receiving objects`, `Resolving deltas`, `Updating files`. */
  readonly activity: string;
  /** 0 to 100, where it is known. */
  readonly percent?: number;
}

const maxLineChars = 1_000;

/**
 * Finds progress in what git says with `--progress`, which comes in pieces: `remote: Counting objects: 100% (5/5)`, lines
 * that replace each other ending with a carriage return.
 */
export class ProgressReader {
  readonly #onProgress: (progress: CloneProgress) => void;
  #rest = "";
  #last = "";

  constructor(onProgress: (progress: CloneProgress) => void) {
    this.#onProgress = onProgress;
  }

  read(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]/u);
    this.#rest = (lines.pop() ?? "").slice(0, maxLineChars);
    for (const line of lines) {
      const [said, activity, percent] = /^(?:remote: )?([A-Z][a-z]+ [a-z]+): +(\d{1,3})%/u.exec(line) ?? [];
      if (said === undefined || activity === undefined || said === this.#last) continue;
      this.#last = said;
      this.#onProgress({ activity, percent: Number(percent) });
    }
  }
}
