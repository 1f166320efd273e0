import { formatBytes, formatShare } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { shareBar } from "../pictures/bar.ts";

/** What of the disk space is in use, and what maintenance could free. */
export function diskSection({ health: { stats, diagnostics } }: HealthView, wording: Wording): Markup | undefined {
  if (stats === undefined) return undefined;
  const { l10n } = wording;
  const { diskBytes } = stats;
  const reclaimable = Math.min(diagnostics?.reclaimableBytes ?? 0, diskBytes);
  const inUse = diskBytes - reclaimable;
  return html`<h2>${l10n.t("Disk")}</h2>
    <ul class="bars">
      ${shareBar({
        name: l10n.t("In use"),
        value: l10n.t("{0} of {1}", formatBytes(inUse, wording), formatBytes(diskBytes, wording)),
        part: inUse,
        whole: diskBytes,
      })}
    </ul>
    <p class="faint">
      ${
        diagnostics?.reclaimableBytes === undefined
          ? l10n.t("How much space old versions take is not known.")
          : l10n.t(
              "Old versions take {0}, {1}.",
              formatBytes(reclaimable, wording),
              formatShare(diskBytes === 0 ? 0 : reclaimable / diskBytes, wording),
            )
      }
    </p>`;
}
