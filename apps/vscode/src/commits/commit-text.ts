import type { Wording } from "../text/wording.ts";
import type { CommitDocument } from "./commit-address.ts";

/** A commit as a document, laid out as git shows it. Without a message, the part that was found stands for it. */
export function commitText(
  commit: Omit<CommitDocument, "folder">,
  message: string | undefined,
  { l10n, locale }: Wording,
): string {
  const { hash, authorName, authoredAt, text, paths, pathCount } = commit;
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" }).format(new Date(authoredAt));
  const more = pathCount - paths.length;
  const files = [...paths, ...(more > 0 ? [l10n.t("and {0} more", more)] : [])];
  return [
    l10n.t("Commit: {0}", hash),
    l10n.t("Author: {0}", authorName),
    l10n.t("Date: {0}", date),
    "",
    (message ?? text).trim(),
    "",
    ...files,
    "",
  ].join("\n");
}
