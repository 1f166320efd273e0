import type { SkipReason } from "@resona/core";

import type { Wording } from "../text/wording.ts";

/** Why files were left out, for the user; a few words. */
export function describeSkipReason(reason: SkipReason, { l10n }: Wording): string {
  switch (reason) {
    case "binary":
      return l10n.t("Not text");
    case "too-large":
      return l10n.t("Larger than the size limit");
    case "minified":
      return l10n.t("Minified or machine-written lines");
    case "generated":
      return l10n.t("Marked as generated");
    case "lock-file":
      return l10n.t("Lock file of a package manager");
    case "outside-link":
      return l10n.t("Link that points outside the workspace");
    case "unsupported-name":
      return l10n.t("Name that is not valid UTF-8");
    case "linked-worktree":
      return l10n.t("Another worktree of the same repository");
    case "not-a-file":
      return l10n.t("Neither a file nor a link to one");
    case "unreadable":
      return l10n.t("Could not be read");
    case "empty":
      return l10n.t("Empty");
    case "excluded":
      return l10n.t("Excluded by the settings; a folder counts once");
  }
}
