import { Once } from "../failures/once.ts";
import { isOfMachine, tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngine, FolderEngines } from "./folder-engines.ts";

/** For what is no folder's own. */
const MACHINE = "";

/**
 * Tells the user of engines that cannot run: once for each time that they were to, and of what is the same in all
 * folders once for all of them.
 */
export function showFailures(engines: FolderEngines): void {
  const once = new Once();
  const watch = ({ folder, engine }: FolderEngine) => {
    engine.onDidChangeState((state) => {
      if (state.kind === "ready") once.forget(MACHINE);
      if (state.kind !== "failed") return;
      const { reason } = state;
      if (!isOfMachine(reason) || once.isNews(MACHINE, reason.code)) void tellFailure(reason, folder);
    });
  };
  engines.all.forEach(watch);
  engines.onDidChange(({ added }) => added.forEach(watch));
}
