import { l10n, window } from "vscode";

import type { FolderEngine, FolderEngines } from "./folder-engines.ts";

/** Tells the user of engines that cannot run, with what helps. */
export function showFailures(engines: FolderEngines, showLog: () => void): void {
  const watch = ({ engine }: FolderEngine) => {
    engine.onDidChangeState(async (state) => {
      if (state.kind !== "failed") return;
      const { message, nextStep } = state.reason;
      const [again, seeLog] = [l10n.t("Try Again"), l10n.t("Show Log")];
      const choice = await window.showErrorMessage(`${message} ${nextStep}`, again, seeLog);
      if (choice === seeLog) showLog();
      // If that fails, it is told the same way.
      if (choice === again) await engine.restart().catch(() => undefined);
    });
  };
  engines.all.forEach(watch);
  engines.onDidChange(({ added }) => added.forEach(watch));
}
