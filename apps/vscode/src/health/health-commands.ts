import { Disposable, ProgressLocation, commands, window } from "vscode";

import { tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import type { HealthPanel } from "../health-panel/health-panel.ts";
import { maintenanceOutcome } from "../health-panel/sections/maintenance.ts";
import { asEngineError } from "../protocol/engine-error.ts";
import { messageText } from "../text/message-text.ts";
import type { Wording } from "../text/wording.ts";
import { describeCondition } from "./describe-condition.ts";
import { folderCondition } from "./folder-condition.ts";
import { type FolderHealth, canHeal } from "./folder-health.ts";
import type { FolderMonitor } from "./folder-monitor.ts";
import type { HealthMonitor } from "./health-monitor.ts";
import { isLasting } from "./is-lasting.ts";

/** What the commands about the health of an index work with. */
export interface HealthParts {
  readonly engines: FolderEngines;
  readonly monitor: HealthMonitor;
  readonly panel: HealthPanel;
  readonly wording: Wording;
}

/** Commands that look after an index. Each takes the URI of a folder, or asks which one is meant. */
export function registerHealthCommands(parts: HealthParts): Disposable {
  const register = (
    name: string,
    run: (monitor: FolderMonitor, parts: HealthParts) => Promise<void>,
    isFor: (folder: FolderHealth) => boolean = () => true,
  ) =>
    commands.registerCommand(name, async (folder: unknown) => {
      const monitor = await chooseFolder(folder, isFor, parts);
      if (monitor === undefined) return;
      try {
        await run(monitor, parts);
      } catch (error) {
        const failure = asEngineError(error);
        if (isLasting(failure)) monitor.setFailure(failure);
        await tellFailure(failure, monitor);
      }
    });
  return Disposable.from(
    commands.registerCommand("resona.showHealth", (folder: unknown) =>
      parts.panel.show(typeof folder === "string" ? folder : undefined),
    ),
    register("resona.maintain", maintain, ({ hasIndex }) => hasIndex),
    register("resona.rebuild", rebuild, ({ hasIndex }) => hasIndex),
    register("resona.heal", heal, canHeal),
    register("resona.restartEngine", restart),
  );
}

async function maintain(monitor: FolderMonitor, { panel, wording }: HealthParts): Promise<void> {
  // There it can be seen, and cancelled.
  if (panel.isVisible) {
    await monitor.maintain();
    return;
  }
  const { l10n } = wording;
  const result = await withCancel(
    l10n.t("Maintenance of {0}", monitor.name),
    () => monitor.cancelMaintenance(),
    () => monitor.maintain(),
  );
  if (result === undefined) return;
  const show = l10n.t("Show Index Health");
  const choice = await window.showInformationMessage(
    messageText(`${monitor.name}: ${maintenanceOutcome(result, wording)}.`),
    show,
  );
  if (choice === show) panel.show(monitor.id);
}

async function rebuild(monitor: FolderMonitor, { engines, wording }: HealthParts): Promise<void> {
  const { l10n } = wording;
  const confirm = l10n.t("Rebuild");
  const choice = await window.showWarningMessage(
    messageText(l10n.t("Rebuild the index of {0}?", monitor.name)),
    { modal: true, detail: l10n.t("All files are read again. Until that is done, not all of them can be found.") },
    confirm,
  );
  const engine = engines.get(monitor.id)?.engine;
  if (choice !== confirm || engine === undefined) return;
  const cancel = new AbortController();
  await withCancel(
    l10n.t("Rebuilding the index of {0}", monitor.name),
    () => cancel.abort(),
    () => engine.index({ rebuild: true, signal: cancel.signal }),
  );
}

async function heal(monitor: FolderMonitor, { engines, wording }: HealthParts): Promise<void> {
  const { l10n } = wording;
  const healed = await engines.get(monitor.id)?.engine.heal();
  if (healed === undefined) return;
  await monitor.measure();
  const index = l10n.t("Index Now");
  const message =
    healed.tables.length === 0
      ? l10n.t("{0}: there was nothing to heal.", monitor.name)
      : l10n.t("{0}: the index is back at its newest intact version.", monitor.name);
  const choice = await window.showInformationMessage(messageText(message), index);
  if (choice === index) await commands.executeCommand("resona.index", monitor.id);
}

async function restart(monitor: FolderMonitor, { engines }: HealthParts): Promise<void> {
  await engines
    .get(monitor.id)
    ?.engine.restart()
    .catch((error: unknown) => tellFailure(error, monitor));
}

/** The folder that is meant, of those that it makes sense for if there are any; undefined if the user means none. */
async function chooseFolder(
  given: unknown,
  isFor: (folder: FolderHealth) => boolean,
  { monitor, wording }: HealthParts,
): Promise<FolderMonitor | undefined> {
  const { l10n } = wording;
  const named = typeof given === "string" ? monitor.get(given) : undefined;
  const fitting = monitor.monitors.filter(({ health }) => isFor(health));
  const choice = fitting.length === 0 ? monitor.monitors : fitting;
  if (named !== undefined || choice.length < 2) return named ?? choice[0];
  const items = choice.map((one) => ({
    label: one.name,
    description: describeCondition(folderCondition(one.health), one.health, wording),
    monitor: one,
  }));
  const placeHolder = l10n.t("Choose a folder");
  return (await window.showQuickPick(items, { placeHolder }))?.monitor;
}

/** Shows that something is under way, with a button that ends it. Cancelled, it has no result. */
async function withCancel<T>(title: string, cancel: () => void, work: () => Promise<T>): Promise<T | undefined> {
  const options = { location: ProgressLocation.Notification, cancellable: true, title: messageText(title) };
  return window.withProgress(options, async (_, token) => {
    token.onCancellationRequested(cancel);
    try {
      return await work();
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    }
  });
}
