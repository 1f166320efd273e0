import { EngineError, type EngineErrorData } from "../protocol/engine-error.ts";
import { optionSettings } from "../settings/option-settings.ts";
import type { Localization } from "../text/wording.ts";
import { type Advice, adviceFor } from "./advice.ts";

/** Shows the settings that answer the `query` of its argument. */
export const OPEN_SETTINGS = "workbench.action.openSettings";

/** How a failure is told to the user. */
export interface FailureText {
  readonly message: string;
  /** The one that helps first. */
  readonly buttons: readonly FailureButton[];
}

interface FailureButton {
  readonly title: string;
  readonly command: string;
  readonly args: readonly unknown[];
}

/**
 * What has gone wrong, what helps, and buttons for that. Engines speak of the command line, of flags and of variables;
 * here these are commands and settings of the editor.
 *
 * @param folder URI of the folder whose engine has failed.
 */
export function explainFailure(error: EngineErrorData, folder: string | undefined, l10n: Localization): FailureText {
  const advice = adviceFor(error.code);
  const nextStep = advice.nextStep?.(l10n) ?? inEditorTerms(error.nextStep, true);
  // What helps with the cause helps.
  const cause = error instanceof EngineError && error.cause instanceof EngineError ? adviceFor(error.cause.code) : null;
  const ofCause = cause?.buttons.filter((button) => !advice.buttons.includes(button)) ?? [];
  return {
    // A variable that the engine complains of really is one.
    message: `${ended(inEditorTerms(error.message, false))} ${nextStep}`,
    buttons: [...ofCause, ...advice.buttons].map((button) => buttonOf(button, folder, l10n)),
  };
}

/** Messages may end in what another program has said. */
function ended(message: string): string {
  return /[.?!…]$/u.test(message) ? message : `${message}.`;
}

function buttonOf(button: Advice["buttons"][number], folder: string | undefined, l10n: Localization): FailureButton {
  const args = folder === undefined ? [] : [folder];
  switch (button) {
    case "index":
      return { title: l10n.t("Try Again"), command: "resona.index", args };
    case "restart":
      return { title: l10n.t("Try Again"), command: "resona.restartEngine", args };
    case "rebuild":
      return { title: l10n.t("Rebuild Index"), command: "resona.rebuild", args };
    case "heal":
      return { title: l10n.t("Heal Index"), command: "resona.heal", args };
    case "health":
      return { title: l10n.t("Show Index Health"), command: "resona.showHealth", args };
    case "key":
      return { title: l10n.t("Set Key"), command: "resona.setEmbeddingKey", args };
    case "log":
      return { title: l10n.t("Show Log"), command: "resona.showLog", args: [] };
    case "openFolder":
      return { title: l10n.t("Open Folder"), command: "vscode.openFolder", args: [] };
    case "extension":
      return { title: l10n.t("Show Extension"), command: "extension.open", args: ["resona.resona"] };
    default: {
      const query = button.settings.map((key) => `@id:resona.${key}`).join(" ");
      return { title: l10n.t("Open Settings"), command: OPEN_SETTINGS, args: [{ query }] };
    }
  }
}

/** What the engine calls its options (by name, as flags, as variables), by the setting that is the same here. */
const settingNames: ReadonlyMap<string, string> = new Map(
  Object.entries(optionSettings).flatMap(([option, setting]) => {
    if (setting === null) return [];
    const words = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const variable = `RESONA_${words.replaceAll("-", "_").toUpperCase()}`;
    return [option, `--${words}`, variable].map((name) => [name, `resona.${setting.key}`] as const);
  }),
);

function inEditorTerms(text: string, hasVariables: boolean): string {
  const flags = text.replace(/^[a-z]+[A-Z]\w*/, nameHere).replaceAll(/--[a-z-]+[a-z]/g, nameHere);
  return hasVariables ? flags.replaceAll(/RESONA_[A-Z_]+/g, nameHere) : flags;
}

function nameHere(name: string): string {
  return settingNames.get(name) ?? name;
}
