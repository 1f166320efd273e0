import { commands, env, l10n, window } from "vscode";

import { EngineError, type EngineErrorData, engineError } from "../protocol/engine-error.ts";
import { OPEN_SETTINGS, explainFailure } from "./explain-failure.ts";

/** Codes that say what to do next, not what has gone wrong. */
const mild: ReadonlySet<string> = new Set(["INDEX_LOCKED", "LOCK_LOST", "INDEX_BEING_BUILT", "NO_INDEX"]);

/**
 * Tells the user what has gone wrong, and does what the user then chooses.
 *
 * @param folder that it concerns.
 */
export async function tellFailure(
  error: unknown,
  folder?: { readonly id: string; readonly name: string },
): Promise<void> {
  const data = failureData(error);
  const { message, buttons } = explainFailure(data, folder?.id, l10n);
  const show = mild.has(data.code) ? window.showWarningMessage : window.showErrorMessage;
  const text = folder === undefined ? message : `${folder.name}: ${message}`;
  const title = await show(text, ...buttons.map((button) => button.title));
  const chosen = buttons.find((button) => button.title === title);
  if (chosen !== undefined) await commands.executeCommand(commandHere(chosen.command), ...chosen.args);
}

/** Where the window is of another machine than the extension, the settings of machines are kept apart. */
function commandHere(command: string): string {
  return command === OPEN_SETTINGS && env.remoteName !== undefined ? "workbench.action.openRemoteSettings" : command;
}

function failureData(error: unknown): EngineErrorData {
  if (error instanceof EngineError) return error;
  return engineError("ENGINE_FAILED", { detail: error instanceof Error ? error.message : String(error) });
}
