import type { Wording } from "../text/wording.ts";
import { type Markup, html } from "./html.ts";
import type { Action } from "./messages.ts";

/**
 * @param key what tells the button from others of the page, so that it keeps the focus when its section is shown anew.
 * @param rank `secondary` for what is not called for.
 */
export function actionButton(
  action: Action,
  key: string,
  isBusy: boolean,
  wording: Wording,
  rank: "primary" | "secondary" = "primary",
): Markup {
  return html`<button class="${rank}" data-run="${action}" data-key="${key}" ${disabledIf(isBusy)}>
    ${actionTitle(action, wording)}
  </button>`;
}

/** For a button that does nothing now. It keeps the focus, which one that is `disabled` would lose. */
export function disabledIf(condition: boolean): Markup | undefined {
  return condition ? html`aria-disabled="true"` : undefined;
}

function actionTitle(action: Action, { l10n }: Wording): string {
  switch (action) {
    case "maintain":
      return l10n.t("Run maintenance");
    case "index":
      return l10n.t("Index now");
    case "rebuild":
      return l10n.t("Rebuild index");
    case "heal":
      return l10n.t("Heal index");
  }
}

/** What the button does, one sentence. */
export function actionExplanation(action: Action, { l10n }: Wording): string {
  switch (action) {
    case "maintain":
      return l10n.t(
        "Merges fragments, brings the indexes up to date and removes old versions. Searches still work meanwhile.",
      );
    case "index":
      return l10n.t("Reads what has changed since then and retries what has failed.");
    case "rebuild":
      return l10n.t("Rebuilds the index. It holds derived data only, so all that is lost is time.");
    case "heal":
      return l10n.t("Goes back to the newest intact version. The next indexing run redoes what came after it.");
  }
}
