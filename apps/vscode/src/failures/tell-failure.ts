import { commands, env, l10n, window } from "vscode";

import { type EngineErrorData, asEngineError } from "../protocol/engine-error.ts";
import { messageText } from "../text/message-text.ts";
import { Echoes } from "./echoes.ts";
import { type FailureText, OPEN_SETTINGS, explainFailure } from "./explain-failure.ts";

const mild: ReadonlySet<string> = new Set(["INDEX_LOCKED", "LOCK_LOST", "INDEX_BEING_BUILT", "NO_INDEX"]);
const ofMachine: ReadonlySet<string> = new Set([
  "ENGINE_CPU_UNSUPPORTED",
  "ENGINE_NATIVE_MISSING",
  "ENGINE_NATIVE_UNUSABLE",
  "ENGINE_NATIVE_NOT_UNPACKED",
]);

/** Whether it says what to do next, not what has gone wrong. */
export function isMild({ code }: EngineErrorData): boolean {
  return mild.has(code);
}

/** Whether it is the same in all folders. */
export function isOfMachine({ code }: EngineErrorData): boolean {
  return ofMachine.has(code);
}

const echoes = new Echoes();

/**
 * Tells the user what has gone wrong, and does what the user then chooses. An engine that cannot run fails for all that
 * wait for it: that is told once. Never rejects.
 *
 * @param folder that it concerns.
 */
export async function tellFailure(
  error: unknown,
  folder?: { readonly id: string; readonly name: string },
): Promise<void> {
  const failure = asEngineError(error);
  if (echoes.isEcho(failure, performance.now())) return;
  const { message, buttons } = explainFailure(failure, folder?.id, l10n);
  const show = isMild(failure) ? window.showWarningMessage : window.showErrorMessage;
  // Where the text is the same, the editor shows one notification.
  const text = folder === undefined || isOfMachine(failure) ? message : `${folder.name}: ${message}`;
  const title = await show(messageText(text), ...buttons.map((button) => button.title));
  const chosen = buttons.find((button) => button.title === title);
  if (chosen !== undefined) await press(chosen);
}

/** Does what a button is for that helps with a failure. Never rejects. */
export async function press({ title, command, args }: FailureText["buttons"][number]): Promise<void> {
  try {
    await commands.executeCommand(commandHere(command), ...args);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    void window.showErrorMessage(messageText(l10n.t("{0} failed: {1}", title, detail)));
  }
}

/** Where the window is of another machine than the extension, the settings of machines are kept apart. */
function commandHere(command: string): string {
  return command === OPEN_SETTINGS && env.remoteName !== undefined ? "workbench.action.openRemoteSettings" : command;
}
