import type { SearchResult } from "@resona/core";

import { formatShare } from "../text/format.ts";
import { visible } from "../text/visible.ts";
import type { Wording } from "../text/wording.ts";
import type { FolderAnswer } from "./ask-folders.ts";
import { type Indexing, failureRow } from "./failure-row.ts";
import { type FoundHit, mergeHits } from "./found-hit.ts";
import type { QueryView } from "./query-session.ts";

/** A row of the list below the query; texts may have icons, as in `$(name)`. */
export type SearchRow = HitRow | ActionRow | RecentRow | SeparatorRow;

interface HitRow {
  readonly kind: "hit";
  readonly hit: FoundHit;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Something to be told, with what can be done about it. */
export interface ActionRow {
  readonly kind: "action";
  readonly icon: string;
  readonly label: string;
  readonly detail: string;
  readonly command?: {
    readonly id: string;
    readonly args: readonly unknown[];
    /** Whether the list stays. */
    readonly keepsOpen: boolean;
  };
}

interface RecentRow {
  readonly kind: "recent";
  readonly query: string;
  readonly label: string;
}

/** A heading of the rows after it, which cannot be picked. */
interface SeparatorRow {
  readonly kind: "separator";
  readonly label: string;
}

/** What else the rows depend on. */
export interface RowSurroundings extends Indexing {
  /** Whether hits say which folder they are from. */
  readonly isMultiRoot: boolean;
  readonly recent: readonly string[];
}

export type SearchAnswers = readonly FolderAnswer<SearchResult>[];

export function searchRows(
  { query, isBusy, answer }: QueryView<SearchAnswers>,
  surroundings: RowSurroundings,
  wording: Wording,
): SearchRow[] {
  if (query === "") return recentRows(surroundings.recent, wording);
  if (answer === undefined) return [];
  if ("error" in answer) return [unexpectedRow(answer.error)];
  const { l10n } = wording;
  const hits = mergeHits(answer.value);
  const failures = answer.value.flatMap((one) =>
    "error" in one ? [plain(failureRow(one, surroundings, wording))] : [],
  );
  const indexing = stillIndexing(answer.value, surroundings, wording);
  const rows: SearchRow[] = hits.map((hit) => hitRow(hit, surroundings, wording));
  // How far it is, the title says: the rows stay as they are while one looks through them.
  if (rows.length > 0 && indexing !== undefined)
    rows.unshift({ kind: "separator", label: l10n.t("not all files are indexed yet") });
  if (rows.length === 0 && failures.length === 0 && !isBusy) {
    rows.push(
      indexing === undefined
        ? nothingFound(wording)
        : { kind: "action", icon: "sync~spin", label: l10n.t("Nothing found yet"), detail: indexing },
    );
  }
  return [...rows, ...uniqueRows(failures)];
}

/** What the title says: whether there may be better answers in files that are not indexed yet. */
export function searchTitle(
  { answer }: QueryView<SearchAnswers>,
  surroundings: RowSurroundings,
  wording: Wording,
): string {
  const { l10n } = wording;
  const title = l10n.t("Search");
  const indexing = answer !== undefined && "value" in answer && stillIndexing(answer.value, surroundings, wording);
  return indexing ? `${title} – ${indexing}` : title;
}

/** Undefined where every folder that has answered has been indexed completely. */
export function stillIndexing(
  answers: SearchAnswers,
  { shareOf }: Pick<Indexing, "shareOf">,
  wording: Wording,
): string | undefined {
  const { l10n } = wording;
  const partial = answers.filter((answer) => "result" in answer && !answer.result.indexComplete);
  if (partial.length === 0) return undefined;
  // The one that is least far, so that the figure does not promise too much.
  const shares = partial.map(({ folder }) => shareOf(folder.id)).filter((share) => share !== undefined);
  if (shares.length === 0) return l10n.t("not all files are indexed yet");
  return l10n.t("still indexing: {0}", formatShare(Math.min(...shares), wording));
}

/** `src/shop` of `src/shop/cart.ts`, with the folder's name before it where there are several. */
export function placeText({ folder, path }: FoundHit, isMultiRoot: boolean): string {
  const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const parts = [...(isMultiRoot ? [folder.name] : []), ...(directory === "" ? [] : [directory])];
  return visible(parts.join(" • "));
}

export function fileName({ path }: Pick<FoundHit, "path">): string {
  return visible(path.slice(path.lastIndexOf("/") + 1));
}

function hitRow(hit: FoundHit, { isMultiRoot }: RowSurroundings, { l10n }: Wording): HitRow {
  const place = placeText(hit, isMultiRoot);
  return {
    kind: "hit",
    hit,
    label: withoutIcons(fileName(hit)),
    description: withoutIcons([...(place === "" ? [] : [place]), l10n.t("line {0}", hit.line)].join(" • ")),
    detail: withoutIcons(visible(hit.lineText)),
  };
}

export function nothingFound({ l10n }: Wording): ActionRow {
  return { kind: "action", icon: "search", label: l10n.t("Nothing found"), detail: l10n.t("Try other words.") };
}

function recentRows(recent: readonly string[], { l10n }: Wording): SearchRow[] {
  if (recent.length === 0) return [];
  const rows = recent.map((query): RecentRow => ({ kind: "recent", query, label: withoutIcons(visible(query)) }));
  return [{ kind: "separator", label: l10n.t("recent searches") }, ...rows];
}

/** What is shown of an error that no engine has sent. */
export function unexpectedRow(error: unknown): ActionRow {
  const message = error instanceof Error ? error.message : String(error);
  return plain({ kind: "action", icon: "error", label: message, detail: "" });
}

/** What several folders say alike, as of a query that is too long, is said once. */
export function uniqueRows(rows: readonly ActionRow[]): ActionRow[] {
  return [...new Map(rows.map((row) => [JSON.stringify([row.label, row.command]), row])).values()];
}

/** A row of texts that are not written for one: nothing in them is an icon or hidden. */
export function plain(row: ActionRow): ActionRow {
  return { ...row, label: withoutIcons(visible(row.label)), detail: withoutIcons(visible(row.detail)) };
}

const icon = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/gu;

/** Text in which the editor finds no icons: jQuery's `$(document)` would be one. */
export function withoutIcons(text: string): string {
  return text.replaceAll(icon, (found) => `\\${found}`);
}
