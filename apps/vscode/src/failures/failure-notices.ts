import { Emitter, type Event } from "vscode-jsonrpc/node";

import type { Folder } from "../folders/folder-engines.ts";
import type { EngineError } from "../protocol/engine-error.ts";
import { Once } from "./once.ts";
import { tellFailure } from "./tell-failure.ts";

interface FolderFailure {
  readonly folder: Folder;
  readonly error: EngineError;
}

/** Tells of failures that nobody is waiting for: each once, until what it has hindered has succeeded. */
export class FailureNotices {
  readonly #once = new Once();
  readonly #failed = new Emitter<FolderFailure>();

  /** Every failure, told before or not. */
  get onDidFail(): Event<FolderFailure> {
    return this.#failed.event;
  }

  failed(folder: Folder, error: EngineError): void {
    this.#failed.fire({ folder, error });
    if (this.#once.isNews(folder.id, error.code)) void tellFailure(error, folder);
  }

  succeeded({ id }: Folder): void {
    this.#once.forget(id);
  }
}
