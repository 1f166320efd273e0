import { tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngine, FolderEngines } from "./folder-engines.ts";

/** Tells the user of engines that cannot run: once for each time that they were to. */
export function showFailures(engines: FolderEngines): void {
  const watch = ({ folder, engine }: FolderEngine) => {
    engine.onDidChangeState((state) => {
      if (state.kind === "failed") void tellFailure(state.reason, folder);
    });
  };
  engines.all.forEach(watch);
  engines.onDidChange(({ added }) => added.forEach(watch));
}
