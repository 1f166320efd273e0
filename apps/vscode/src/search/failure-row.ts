import { explainFailure } from "../failures/explain-failure.ts";
import type { RunKind } from "../protocol/protocol.ts";
import { formatShare } from "../text/format.ts";
import type { Wording } from "../text/wording.ts";
import type { FolderFailure } from "./ask-folders.ts";
import type { ActionRow } from "./search-row.ts";

/** What is being done to the indexes of folders; both take a folder's URI. */
export interface Indexing {
  /** What its engine is writing now. */
  readonly runOf: (folder: string) => RunKind | undefined;
  /** How far the indexing of its files is, from 0 to 1. */
  readonly shareOf: (folder: string) => number | undefined;
}

/** What to say of a folder that cannot be searched, and the command that helps first. */
export function failureRow(failure: FolderFailure, indexing: Indexing, wording: Wording): ActionRow {
  const { folder, error } = failure;
  const { l10n } = wording;
  if (isBeingMade(failure, indexing)) {
    const share = indexing.shareOf(folder.id);
    return {
      kind: "action",
      icon: "sync~spin",
      label: l10n.t("Indexing {0}", folder.name),
      detail: share === undefined ? l10n.t("Results appear here in a moment.") : formatShare(share, wording),
    };
  }
  const { message, buttons } = explainFailure(error, folder.id, l10n);
  const [button] = buttons;
  // What comes of this one is seen in the list itself.
  const keepsOpen = button?.command === "resona.index";
  if (error.code === "NO_INDEX") {
    return {
      kind: "action",
      icon: "database",
      label: l10n.t("Index {0}", folder.name),
      detail: l10n.t("It has no index yet. Results appear here while it is being built."),
      command: { id: "resona.index", args: [folder.id], keepsOpen },
    };
  }
  return {
    kind: "action",
    icon: "warning",
    label: message,
    detail: button?.title ?? "",
    ...(button === undefined ? {} : { command: { id: button.command, args: button.args, keepsOpen } }),
  };
}

/** Whether there is no index because the engine itself is just making it. */
export function isBeingMade({ folder, error }: FolderFailure, { runOf }: Pick<Indexing, "runOf">): boolean {
  return runOf(folder.id) === "index" && (error.code === "NO_INDEX" || error.code === "INDEX_BEING_BUILT");
}
