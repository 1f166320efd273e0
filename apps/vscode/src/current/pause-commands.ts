import { Disposable, commands } from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import type { PausedFolders } from "./paused-folders.ts";

/** Commands that pause and resume indexing: of the folder whose URI they are given, or else of all of them. */
export function registerPauseCommands(engines: FolderEngines, paused: PausedFolders): Disposable {
  const register = (name: string, isPaused: boolean) =>
    commands.registerCommand(name, (folder: unknown) => {
      const ids = engines.all.map(({ folder: { id } }) => id);
      paused.set(typeof folder === "string" ? [folder] : ids, isPaused);
    });
  const tell = () => {
    const states = new Set(engines.all.map(({ folder: { id } }) => paused.has(id)));
    void commands.executeCommand("setContext", "resona.canPause", states.has(false));
    void commands.executeCommand("setContext", "resona.canResume", states.has(true));
  };
  tell();
  return Disposable.from(
    register("resona.pauseIndexing", true),
    register("resona.resumeIndexing", false),
    paused.onDidChange(tell),
    engines.onDidChange(tell),
  );
}
