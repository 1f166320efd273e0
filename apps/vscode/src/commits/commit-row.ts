import type { CommitHit, CommitSearchResult } from "@resona/core";

import type { Folder } from "../folders/folder-engines.ts";
import type { FolderAnswer, FolderFailure } from "../search/ask-folders.ts";
import { type Indexing, failureRow } from "../search/failure-row.ts";
import { interleave } from "../search/interleave.ts";
import type { QueryView } from "../search/query-session.ts";
import { type ActionRow, nothingFound, plain, unexpectedRow, uniqueRows, withoutIcons } from "../search/search-row.ts";
import { formatAge } from "../text/format.ts";
import { visible } from "../text/visible.ts";
import type { Wording } from "../text/wording.ts";

/** A commit in the history of one of the workspace's folders. */
export interface FoundCommit extends CommitHit {
  readonly folder: Folder;
}

export interface CommitRow {
  readonly kind: "commit";
  readonly commit: FoundCommit;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** What else the rows depend on. */
export interface CommitSurroundings extends Indexing {
  /** Whether commits say which folder they are from. */
  readonly isMultiRoot: boolean;
  readonly now: Date;
}

export type CommitAnswers = readonly FolderAnswer<CommitSearchResult>[];

export function commitRows(
  { query, isBusy, answer }: QueryView<CommitAnswers>,
  surroundings: CommitSurroundings,
  wording: Wording,
): (CommitRow | ActionRow)[] {
  if (query === "" || answer === undefined) return [];
  if ("error" in answer) return [unexpectedRow(answer.error)];
  const commits = interleave(answer.value.map(commitsOf), ({ hash }) => hash);
  const failures = answer.value.flatMap((one) =>
    "error" in one ? [plain(historyFailure(one, surroundings, wording))] : [],
  );
  const rows = commits.map((commit) => rowOf(commit, surroundings, wording));
  if (rows.length === 0 && failures.length === 0 && !isBusy) return [nothingFound(wording)];
  return [...rows, ...uniqueRows(failures)];
}

function commitsOf(answer: CommitAnswers[number]): FoundCommit[] {
  if (!("result" in answer)) return [];
  return answer.result.hits.map((hit) => ({ ...hit, folder: answer.folder }));
}

/** The history is indexed once the user has asked for that, apart from the files. */
function historyFailure(failure: FolderFailure, indexing: Indexing, wording: Wording): ActionRow {
  const { l10n } = wording;
  const { id, name } = failure.folder;
  const { code } = failure.error;
  if ((code === "NO_INDEX" || code === "INDEX_BEING_BUILT") && indexing.runOf(id) === "indexCommits") {
    return {
      kind: "action",
      icon: "sync~spin",
      label: l10n.t("Indexing the history of {0}", name),
      detail: l10n.t("Results appear here in a moment."),
    };
  }
  if (code !== "NO_INDEX") return failureRow(failure, indexing, wording);
  return {
    kind: "action",
    icon: "git-commit",
    label: l10n.t("Index the history of {0}", name),
    detail: l10n.t("Commits can be found once their messages are indexed. From then on, the index is kept up to date."),
    command: { id: "resona.indexCommits", args: [id], keepsOpen: true },
  };
}

function rowOf(commit: FoundCommit, { isMultiRoot, now }: CommitSurroundings, wording: Wording): CommitRow {
  const { subject, authorName, authoredAt, hash, folder } = commit;
  const facts = [authorName, formatAge(new Date(authoredAt), now, wording), shortHash(hash)];
  return {
    kind: "commit",
    commit,
    label: withoutIcons(visible(subject)),
    description: withoutIcons(visible([...(isMultiRoot ? [folder.name] : []), ...facts].join(" • "))),
    detail: withoutIcons(visible(filesText(commit, wording))),
  };
}

/** `src/cart.ts, src/till.ts and 3 more` */
function filesText({ paths, pathCount }: FoundCommit, { l10n }: Wording): string {
  const shown = paths.slice(0, 3);
  const more = pathCount - shown.length;
  return more > 0 ? l10n.t("{0} and {1} more", shown.join(", "), more) : shown.join(", ");
}

export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}
