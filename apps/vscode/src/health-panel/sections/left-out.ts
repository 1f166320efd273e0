import type { FileFailure, IndexStats, SkipReason } from "@resona/core";

import { describeSkipReason } from "../../health/skip-reasons.ts";
import { formatCount } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, exactly, html } from "../html.ts";
import { countBar } from "../pictures/bar.ts";

/** Files of one reason that are linked; what has failed is tried again with every run, and lists get shorter. */
const FILES_SHOWN = 20;

/**
 * Files that are not in the index, by reason: those that were skipped, and those that failed, with links. And how many
 * chunks have no vector.
 */
export function leftOutSection({ health: { stats } }: HealthView, wording: Wording): Markup | undefined {
  if (stats === undefined) return undefined;
  const { l10n } = wording;
  const skipped = (Object.entries(stats.skipped) as [SkipReason, number][]).filter(([, count]) => count > 0);
  return html`<h2>${l10n.t("Files left out")}</h2>
    ${skipped.length === 0 && stats.filesFailed === 0 ? html`<p class="faint">${l10n.t("None")}</p>` : undefined}
    ${skipped.length > 0 ? skips(skipped, stats.skippedPaths, wording) : undefined}
    ${stats.filesFailed > 0 ? failures(stats.filesFailed, stats.failures, wording) : undefined}
    ${stats.oversizedChunks > 0 ? foundByWordsOnly(stats.oversizedChunks, wording) : undefined}`;
}

function skips(
  skipped: readonly (readonly [SkipReason, number])[],
  paths: IndexStats["skippedPaths"],
  wording: Wording,
): Markup {
  const sorted = skipped.toSorted(([, a], [, b]) => b - a);
  const largest = sorted[0]?.[1] ?? 0;
  return html`<ul class="bars">
    ${sorted.map(([reason, count]) =>
      countBar(
        {
          name: describeSkipReason(reason, wording),
          value: formatCount(count, wording),
          part: count,
          whole: largest,
        },
        examples(reason, count, paths[reason] ?? [], wording),
      ),
    )}
  </ul>`;
}

function examples(reason: SkipReason, count: number, paths: readonly string[], wording: Wording): Markup | undefined {
  if (paths.length === 0) return undefined;
  const { l10n } = wording;
  const title = paths.length < count ? l10n.t("The first {0}", formatCount(paths.length, wording)) : l10n.t("Files");
  // No path in text leads to those.
  const isLinked = reason !== "unsupported-name";
  return html`<details data-key="skipped-${reason}">
    <summary class="faint">${title}</summary>
    <ul class="paths">
      ${paths.map((path) => (isLinked ? fileLink(path) : html`<li>${path}</li>`))}
    </ul>
  </details>`;
}

function fileLink(path: string): Markup {
  return html`<li>
    <button class="link" data-open="${exactly(path)}" data-key="open-${exactly(path)}">${path}</button>
  </li>`;
}

function failures(count: number, listed: readonly FileFailure[], wording: Wording): Markup {
  const { l10n } = wording;
  const byMessage = Map.groupBy(listed, ({ message }) => message);
  return html`<h3>${l10n.t("Could not be indexed: {0}", formatCount(count, wording))}</h3>
    ${[...byMessage].map(([message, files], n) => failureGroup(message, files, n, wording))}
    ${listed.length < count ? html`<p class="faint">${l10n.t("The first {0} are listed here.", formatCount(listed.length, wording))}</p>` : undefined}`;
}

function failureGroup(message: string, files: readonly FileFailure[], n: number, wording: Wording): Markup {
  const { l10n } = wording;
  const more = files.length - FILES_SHOWN;
  return html`<details data-key="failures-${n}" open>
    <summary>${message} <span class="count">${formatCount(files.length, wording)}</span></summary>
    <ul class="paths">
      ${files.slice(0, FILES_SHOWN).map(({ path }) => fileLink(path))}
    </ul>
    ${more > 0 ? html`<p class="faint">${l10n.t("And {0} more", formatCount(more, wording))}</p>` : undefined}
  </details>`;
}

function foundByWordsOnly(count: number, wording: Wording): Markup {
  const { l10n } = wording;
  return html`<h3>${l10n.t("Chunks that are found by words only: {0}", formatCount(count, wording))}</h3>
    <p class="faint">
      ${l10n.t("They are too long for the embedding service. A smaller value of the setting resona.chunkChars avoids that.")}
    </p>`;
}
