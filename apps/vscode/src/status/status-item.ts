import { Disposable, MarkdownString, StatusBarAlignment, type StatusBarItem, ThemeColor, window } from "vscode";

import type { HealthMonitor } from "../health/health-monitor.ts";
import { Throttle } from "../health/throttle.ts";
import type { Wording } from "../text/wording.ts";
import { statusCommands } from "./status-commands.ts";
import { type StatusText, statusText } from "./status-text.ts";

const MS_BETWEEN_UPDATES = 500;

const backgrounds: Readonly<Record<StatusText["severity"], ThemeColor | undefined>> = {
  none: undefined,
  warning: new ThemeColor("statusBarItem.warningBackground"),
  error: new ThemeColor("statusBarItem.errorBackground"),
};

/** Ages are told in minutes. */
const MS_BETWEEN_AGES = 60_000;

/** Shows in the status bar what the folders and their indexes are at. */
export function createStatusItem(monitor: HealthMonitor, wording: Wording): Disposable {
  const item = window.createStatusBarItem("resona.status", StatusBarAlignment.Left);
  const { l10n } = wording;
  item.name = l10n.t("Resona Index");
  const show = () => present(item, statusText(monitor.folders, new Date(), wording));
  // Progress comes ten times a second.
  const updates = new Throttle(show, MS_BETWEEN_UPDATES);
  const clock = setInterval(() => updates.request(), MS_BETWEEN_AGES);
  show();
  return Disposable.from(
    item,
    updates,
    { dispose: () => clearInterval(clock) },
    monitor.onDidChange(() => updates.request()),
  );
}

function present(item: StatusBarItem, shown: StatusText | undefined): void {
  if (shown === undefined) {
    item.hide();
    return;
  }
  const tooltip = new MarkdownString(shown.tooltip, true);
  tooltip.isTrusted = { enabledCommands: Object.values(statusCommands) };
  item.text = shown.text;
  item.tooltip = tooltip;
  item.backgroundColor = backgrounds[shown.severity];
  item.accessibilityInformation = { label: shown.label, role: "button" };
  item.command = {
    command: statusCommands[shown.command],
    title: shown.label,
    ...(shown.folder === undefined ? {} : { arguments: [shown.folder] }),
  };
  item.show();
}
