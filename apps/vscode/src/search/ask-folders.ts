import type { Folder } from "../folders/folder-engines.ts";
import { type EngineErrorData, asEngineError } from "../protocol/engine-error.ts";

/** How long the first answers wait for the others, in milliseconds, so that lists are not rearranged for nothing. */
const PATIENCE_MS = 300;

/** What one folder's engine has answered. */
export type FolderAnswer<R> = { readonly folder: Folder; readonly result: R } | FolderFailure;

export interface FolderFailure {
  readonly folder: Folder;
  readonly error: EngineErrorData;
}

/** A folder and what is asked for an answer: an engine, or what stands for it. */
export interface AskedFolder<E> {
  readonly folder: Folder;
  readonly engine: E;
}

/**
 * Asks all folders at once. Yields the answers that are there, in the order of the folders: when all are, or after a
 * moment, and from then on with each that comes. An engine that is slow or fails keeps nobody waiting for the others.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function* askFolders<E, R>(
  folders: readonly AskedFolder<E>[],
  ask: (engine: E) => Promise<R>,
  signal: AbortSignal,
): AsyncGenerator<readonly FolderAnswer<R>[]> {
  const answers = new Map<Folder, FolderAnswer<R>>();
  const pending = new Set<Promise<unknown>>();
  for (const { folder, engine } of folders) {
    const asking = ask(engine)
      .then(
        (result) => answers.set(folder, { folder, result }),
        (error: unknown) => answers.set(folder, { folder, error: asEngineError(error) }),
      )
      .finally(() => pending.delete(asking));
    pending.add(asking);
  }
  await atMost(PATIENCE_MS, Promise.all(pending));
  for (;;) {
    signal.throwIfAborted();
    if (answers.size > 0 || pending.size === 0) yield folders.flatMap(({ folder }) => answers.get(folder) ?? []);
    if (pending.size === 0) return;
    await Promise.race(pending);
  }
}

async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
