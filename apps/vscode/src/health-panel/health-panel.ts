import { randomBytes } from "node:crypto";

import type { IndexStats } from "@resona/core";
import { Disposable, FileType, Uri, ViewColumn, type WebviewPanel, commands, window, workspace } from "vscode";

import type { FailureText } from "../failures/explain-failure.ts";
import type { FolderMonitor } from "../health/folder-monitor.ts";
import type { HealthMonitor } from "../health/health-monitor.ts";
import { Throttle } from "../health/throttle.ts";
import type { Wording } from "../text/wording.ts";
import { announcementOf } from "./announcement.ts";
import type { HealthView } from "./health-view.ts";
import { type Action, type PageMessage, type UpdateMessage, parsePageMessage, parsePageState } from "./messages.ts";
import { renderPage, renderSections } from "./render-page.ts";
import { helpWith } from "./sections/verdict.ts";

const VIEW_TYPE = "resona.health";
const MS_BETWEEN_UPDATES = 250;
/** Ages are told in minutes. */
const MS_BETWEEN_AGES = 60_000;

/** What the page's buttons do beside asking the monitor. */
export interface HealthActions {
  readonly run: (action: Action, folder: string) => void;
  readonly help: (button: FailureText["buttons"][number]) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The page that shows the health of one folder's index; there is one page at most. The editor throws it away while it is
 * hidden, which takes no memory then: all that it shows is known here, and what is the reader's own (how far it is
 * scrolled, what is folded) the page keeps with the editor, also when that is started again.
 */
export class HealthPanel {
  readonly #extension: Uri;
  readonly #monitor: HealthMonitor;
  readonly #actions: HealthActions;
  readonly #wording: Wording;
  readonly #subscriptions: Disposable[];
  #panel: WebviewPanel | undefined;
  #folder: string | undefined;
  /** Whether there is a page that listens. */
  #isListening = false;

  constructor(extension: Uri, monitor: HealthMonitor, actions: HealthActions, wording: Wording) {
    this.#extension = extension;
    this.#monitor = monitor;
    this.#actions = actions;
    this.#wording = wording;
    const updates = new Throttle(() => this.#update(), MS_BETWEEN_UPDATES);
    const clock = setInterval(() => updates.request(), MS_BETWEEN_AGES);
    this.#subscriptions = [
      updates,
      monitor.onDidChange(() => updates.request()),
      { dispose: () => clearInterval(clock) },
      window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: async (panel, state) => {
          this.#folder = parsePageState(state)?.folder;
          this.#adopt(panel);
        },
      }),
    ];
  }

  get isVisible(): boolean {
    return this.#panel?.visible ?? false;
  }

  /** @param folder the one that was shown last if none is given, or else the first. */
  show(folder: string | undefined): void {
    if (folder !== undefined) this.#folder = folder;
    const shown = this.#shown();
    if (shown === undefined) {
      const { l10n } = this.#wording;
      void window.showInformationMessage(l10n.t("There is no folder that can be indexed."));
      return;
    }
    if (this.#panel === undefined) this.#adopt(this.#create());
    else this.#panel.reveal();
    this.#update();
    // A page that does not listen yet has the index measured when it does.
    if (this.#isListening) void shown.measure();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#panel?.dispose();
  }

  #create(): WebviewPanel {
    const { l10n } = this.#wording;
    const title = l10n.t("Index Health");
    return window.createWebviewPanel(VIEW_TYPE, title, ViewColumn.Active);
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    this.#isListening = false;
    const dist = Uri.joinPath(this.#extension, "dist");
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const understood = parsePageMessage(message);
      if (understood !== undefined) this.#answer(understood);
    });
    panel.onDidChangeViewState(() => {
      // It is made anew when it is shown again, and says so.
      if (!panel.visible) this.#isListening = false;
    });
    panel.onDidDispose(() => {
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#isListening = false;
    });
    const view = this.#view();
    if (view === undefined) {
      panel.dispose();
      return;
    }
    const uriOf = (file: string) => panel.webview.asWebviewUri(Uri.joinPath(dist, file)).toString();
    const frame = {
      styleUri: uriOf("health-page.css"),
      scriptUri: uriOf("health-page.js"),
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(16).toString("base64"),
    };
    panel.webview.html = renderPage(view, frame, this.#wording);
  }

  #answer(message: PageMessage): void {
    const monitor = this.#shown();
    if (monitor === undefined) return;
    switch (message.type) {
      case "ready":
        this.#isListening = true;
        void monitor.measure();
        this.#update();
        return;
      case "run":
        this.#actions.run(message.action, monitor.id);
        return;
      case "help": {
        const button = helpWith(monitor.health, this.#wording).find(({ command }) => command === message.command);
        if (button !== undefined) this.#actions.help(button);
        return;
      }
      case "cancel-maintenance":
        monitor.cancelMaintenance();
        return;
      case "cancel-examination":
        monitor.cancelExamination();
        return;
      case "refresh":
        void monitor.measure();
        return;
      case "examine":
        monitor.examine().catch(this.#actions.fail);
        return;
      case "select-folder":
        if (this.#monitor.get(message.folder) !== undefined) this.show(message.folder);
        return;
      case "open-file":
        void openLeftOut(monitor, message.path);
    }
  }

  #update(): void {
    const view = this.#view();
    // The last folder is gone.
    if (view === undefined) this.#panel?.dispose();
    if (view === undefined || !this.#isListening) return;
    // Another folder may have taken the place of one that is gone.
    if (view.health.phase.kind === "unmeasured") void this.#shown()?.measure();
    const message: UpdateMessage = {
      type: "update",
      folder: view.health.id,
      sections: renderSections(view, this.#wording),
      announcement: announcementOf(view, this.#wording),
    };
    void this.#panel?.webview.postMessage(message);
  }

  /** The folder that is to be shown, or another if it is gone. */
  #shown(): FolderMonitor | undefined {
    const { monitors } = this.#monitor;
    return monitors.find(({ id }) => id === this.#folder) ?? monitors[0];
  }

  #view(): HealthView | undefined {
    const monitor = this.#shown();
    if (monitor === undefined) return undefined;
    const { health, history, memory, maintenance, examination } = monitor;
    const folders = this.#monitor.monitors.map(({ id, name }) => ({ id, name }));
    return { folders, health, history, memory, maintenance, examination, now: new Date() };
  }
}

/** Opens a file that is not in the index, or shows a folder, and no others, whatever the page asks for. */
async function openLeftOut({ id, health: { stats } }: FolderMonitor, path: string): Promise<void> {
  if (stats === undefined || !isLeftOut(stats, path)) return;
  const uri = Uri.joinPath(Uri.parse(id), path);
  // What is gone meanwhile the editor says best itself.
  const type = await workspace.fs.stat(uri).then(
    (stat) => stat.type,
    () => FileType.Unknown,
  );
  const isFolder = (type & FileType.Directory) !== 0;
  await commands.executeCommand(isFolder ? "revealInExplorer" : "vscode.open", uri);
}

function isLeftOut({ failures, skippedPaths }: IndexStats, path: string): boolean {
  if (failures.some((failure) => failure.path === path)) return true;
  return Object.values(skippedPaths).some((paths) => paths.includes(path));
}
