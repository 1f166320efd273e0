import { type FailureText, explainFailure } from "../failures/explain-failure.ts";
import type { Localization } from "../text/wording.ts";
import type { FolderPhase } from "./folder-health.ts";

const [INDEX, RESTART] = ["resona.index", "resona.restartEngine"] as const;

/**
 * The buttons that help with what a folder's engine has failed at, the one that helps first in front.
 *
 * @param id URI of the folder.
 */
export function failureHelp(
  phase: Extract<FolderPhase, { kind: "failed" | "down" }>,
  id: string,
  l10n: Localization,
): FailureText["buttons"] {
  const { buttons } = explainFailure(phase.error, id, l10n);
  if (phase.kind === "failed") return buttons;
  // An engine that is down does nothing before it is started again.
  const again = { title: l10n.t("Try Again"), command: RESTART, args: [id] };
  const others = buttons.map((button) => (button.command === INDEX ? again : button));
  return others.some(({ command }) => command === RESTART) ? others : [...others, again];
}
