import { Disposable, type LogOutputChannel, RelativePattern, Uri, window, workspace } from "vscode";

import { engineSections } from "../folders/engine-launch.ts";
import type { Folder, FolderEngine, FolderEngines } from "../folders/folder-engines.ts";
import { gitIsBusy } from "../folders/git-is-busy.ts";
import { hasIndex } from "../folders/index-folder.ts";
import { Absence } from "./absence.ts";
import type { ChangeFilter } from "./change-filter.ts";
import { changeFilter, pathIn } from "./folder-changes.ts";
import type { FolderSignals } from "./folder-signals.ts";
import { IndexKeeper } from "./index-keeper.ts";
import type { Keeping } from "./keeping.ts";
import type { PausedFolders } from "./paused-folders.ts";

/** What keeping indexes current needs to know and to tell. */
interface Surroundings extends Keeping {
  readonly log: LogOutputChannel;
}

/**
 * Keeps the indexes of all folders current, from their opening on: those that are trusted, where the settings say so
 * and the user has not paused it. Folders without an index are left alone: the first one is made when the user asks for
 * it.
 */
export function keepCurrent(engines: FolderEngines, surroundings: Surroundings): Disposable {
  const kept = new Map<string, KeptCurrent>();
  const add = (folders: readonly FolderEngine[]) => {
    for (const one of folders) kept.set(one.folder.id, new KeptCurrent(one, surroundings));
  };
  const all = (act: (one: KeptCurrent) => void) => kept.forEach(act);
  const absence = new Absence();
  add(engines.all);
  const subscriptions = [
    engines.onDidChange(({ added, removed }) => {
      for (const { folder } of removed) {
        kept.get(folder.id)?.dispose();
        kept.delete(folder.id);
      }
      add(added);
    }),
    surroundings.paused.onDidChange(() => all((one) => one.decide())),
    workspace.onDidGrantWorkspaceTrust(() => all((one) => one.decide())),
    workspace.onDidChangeConfiguration((event) =>
      all((one) => {
        if (engineSections.some((section) => event.affectsConfiguration(section, one.uri))) one.configure();
      }),
    ),
    workspace.onDidSaveTextDocument(({ uri }) => all((one) => one.saved(uri))),
    window.onDidChangeWindowState(({ focused }) => {
      if (absence.isOver(focused, Date.now())) all((one) => one.reconcile());
    }),
  ];
  return new Disposable(() => {
    Disposable.from(...subscriptions).dispose();
    all((one) => one.dispose());
    kept.clear();
  });
}

/** A folder with what watches it. */
class KeptCurrent {
  readonly uri: Uri;
  readonly #folder: Folder;
  readonly #paused: PausedFolders;
  readonly #signals: FolderSignals;
  readonly #keeper: IndexKeeper;
  readonly #subscriptions: Disposable;
  /** Made when it is asked for: what the settings say need not be known when the editor starts. */
  #filterMade: ChangeFilter | undefined;
  #isKept = false;

  constructor({ folder, engine }: FolderEngine, { paused, notices, signals, log }: Surroundings) {
    this.uri = Uri.parse(folder.id);
    this.#folder = folder;
    this.#paused = paused;
    this.#signals = signals;
    this.#keeper = new IndexKeeper({
      engine,
      hasIndex: () => hasIndex(folder),
      gitIsBusy: () => gitIsBusy(folder.path),
      onIndexed: ({ filesIndexed, filesRemoved }) => {
        notices.succeeded(folder);
        if (filesIndexed + filesRemoved > 0)
          log.info(`[${folder.name}] Kept current. Files indexed: ${filesIndexed}, removed: ${filesRemoved}.`);
      },
      onFailed: (error) => {
        log.error(`[${folder.name}] ${error.message}`);
        // That the engine does not run is told when it is noticed.
        if (engine.state.kind !== "failed") notices.failed(folder, error);
      },
    });
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(this.uri, "**/*"));
    const changed = (uri: Uri) => {
      const path = this.#pathOf(uri);
      if (this.#filter.matters(path)) this.#changed(() => this.#keeper.changed());
      else if (this.#filter.isStateOfIndex(path)) signals.touchIndex(folder.id);
    };
    const watched = [watcher.onDidCreate(changed), watcher.onDidChange(changed), watcher.onDidDelete(changed)];
    let wasDown: "failed" | "restarting" | undefined;
    const states = engine.onDidChangeState(({ kind }) => {
      if (kind === "failed" || kind === "restarting") wasDown = kind;
      if (kind !== "ready") return;
      // Meanwhile nothing was brought up to date, and whatever was under way has not been finished.
      if (wasDown === "failed") this.#keeper.retry();
      else if (wasDown === "restarting") this.#keeper.reconcile();
      wasDown = undefined;
    });
    this.#subscriptions = Disposable.from(watcher, ...watched, states, this.#keeper);
    this.decide();
  }

  /** What decides whether the index is kept current has changed. */
  decide(): void {
    const isWanted = workspace.getConfiguration("resona", this.uri).get("autoIndex", true);
    const wasKept = this.#isKept;
    this.#isKept = workspace.isTrusted && isWanted && !this.#paused.has(this.#folder.id);
    if (wasKept && !this.#isKept && this.#keeper.hasUnindexedChanges) this.#signals.missChanges(this.#folder.id);
    this.#keeper.setEnabled(this.#isKept);
  }

  /** The settings have changed. */
  configure(): void {
    this.#filterMade = undefined;
    this.decide();
    this.#keeper.retry();
  }

  saved(uri: Uri): void {
    if (workspace.getWorkspaceFolder(uri)?.uri.toString() !== this.#folder.id) return;
    if (this.#filter.matters(this.#pathOf(uri))) this.#changed(() => this.#keeper.saved());
  }

  reconcile(): void {
    this.#keeper.reconcile();
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  get #filter(): ChangeFilter {
    this.#filterMade ??= changeFilter(this.#folder);
    return this.#filterMade;
  }

  #changed(tellKeeper: () => void): void {
    tellKeeper();
    if (!this.#isKept) this.#signals.missChanges(this.#folder.id);
  }

  #pathOf(uri: Uri): string {
    return pathIn(this.#folder, uri.fsPath);
  }
}
