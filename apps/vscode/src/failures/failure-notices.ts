import { Emitter, type Event } from "../events/emitter.ts";
import type { Folder } from "../folders/folder-engines.ts";
import { type EngineError, asEngineError } from "../protocol/engine-error.ts";
import { Once } from "./once.ts";
import { isMild, tellFailure } from "./tell-failure.ts";

interface FolderFailure {
  readonly folder: Folder;
  readonly error: EngineError;
}

/** Tells of failures. */
export class FailureNotices {
  readonly #once = new Once();
  readonly #failed = new Emitter<FolderFailure>();

  /** Every failure, told before or not, but those that only say what to do next. */
  get onDidFail(): Event<FolderFailure> {
    return this.#failed.event;
  }

  /** One that nobody is waiting for is told once, until what it has hindered has succeeded. */
  failed(folder: Folder, error: EngineError): void {
    this.#failed.fire({ folder, error });
    if (this.#once.isNews(folder.id, error.code)) void tellFailure(error, folder);
  }

  /** One of what the user has asked for is told each time. */
  tell(folder: Folder, error: unknown): void {
    const failure = asEngineError(error);
    if (!isMild(failure)) this.#failed.fire({ folder, error: failure });
    void tellFailure(failure, folder);
  }

  succeeded({ id }: Folder): void {
    this.#once.forget(id);
  }
}
