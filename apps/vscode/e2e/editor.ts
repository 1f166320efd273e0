// VS Code as a user has it: the packed extension installed, a window open, driven through what can be seen in it.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { type Browser, type FrameLocator, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, inject, vi } from "vitest";

import { launchChromium } from "./chromium.ts";
import { installCodeServer, targetFrom } from "./code-server-install.ts";
import { type CodeServer, type CodeServerOptions, startCodeServer } from "./code-server.ts";
import { artefactFolder } from "./paths.ts";
import { processesWith } from "./processes.ts";

export interface EditorOptions extends Pick<CodeServerOptions, "extensions" | "settings" | "trustIsAsked" | "env"> {
  /** A folder or a `.code-workspace` file. Default: an empty window. */
  readonly workspace?: string;
}

/**
 * An editor for all tests of a file, started before the first of them and ended after the last. Of a test that fails, a
 * screenshot and the extension's log are kept.
 */
export function useEditor(options: EditorOptions = {}): Editor {
  const editor = new Editor(options);
  beforeAll(() => editor.start(), 180_000);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await editor.keepArtefacts(`failed ${task.file.name} ${task.name}`);
  });
  afterAll(() => editor.end());
  return editor;
}

export class Editor {
  readonly #options: EditorOptions;
  #server: CodeServer | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  /** The window, for what the methods here do not do. */
  get page(): Page {
    return started(this.#page);
  }

  async start(): Promise<void> {
    const extensions = dirname(inject("extension").folder);
    const install = await installCodeServer(targetFrom(process.env));
    this.#server = await startCodeServer({ install, extensions, ...this.#options });
    this.#browser = await launchChromium();
    await this.openWindow(this.#options.workspace);
  }

  async end(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.end();
  }

  /**
   * Opens a window and waits until the extension has been activated in it. The one that is open is closed first.
   * @param workspace a folder or a `.code-workspace` file; by default that of the options.
   */
  async openWindow(workspace: string | undefined = this.#options.workspace): Promise<void> {
    await this.closeWindow();
    const activations = this.#activations();
    const context = await started(this.#browser).newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ["clipboard-read", "clipboard-write"],
    });
    this.#page = await context.newPage();
    this.#page.setDefaultTimeout(60_000);
    await this.#page.goto(started(this.#server).address(workspace));
    // Before, the palette does not have its commands.
    await vi.waitUntil(() => this.#activations() > activations, { timeout: 120_000, interval: 100 });
  }

  /** Closes the window as a user does; its extension host ends. */
  async closeWindow(): Promise<void> {
    await this.#page?.close({ runBeforeUnload: true });
    await this.#page?.context().close();
    this.#page = undefined;
  }

  /** Runs a command from the palette by its whole title, "Category: Title". */
  async runCommand(title: string): Promise<void> {
    await this.#openPalette(`>${title}`);
    await this.pick(title);
  }

  /** What the window itself does just then may take the focus, and the palette closes with that. */
  async #openPalette(text: string): Promise<void> {
    const input = this.quickInput.locator("input.input");
    const open = async (): Promise<boolean> => {
      await this.page.keyboard.press("F1");
      return input.fill(text, { timeout: 5_000 }).then(
        () => true,
        () => false,
      );
    };
    for (let attempt = 1; attempt < 5; attempt++) if (await open()) return;
    await this.page.keyboard.press("F1");
    await input.fill(text);
  }

  /** The box that quick picks, input boxes and the palette share. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget");
  }

  /** Replaces the text in the quick input. */
  async type(text: string): Promise<void> {
    await this.quickInput.locator("input.input").fill(text);
  }

  /** The labels of the rows that the quick pick shows, from top to bottom, without descriptions and details. */
  async choices(): Promise<string[]> {
    return this.quickInput
      .locator(".monaco-list-row")
      .evaluateAll((rows) =>
        rows
          .toSorted((a, b) => Number(a.dataset["index"]) - Number(b.dataset["index"]))
          .map((row) => row.querySelector(".label-name")?.textContent ?? ""),
      );
  }

  /** Picks the row of this label. */
  async pick(label: string): Promise<void> {
    const name = this.page.locator(".label-name").getByText(label, { exact: true });
    await this.quickInput.locator(".monaco-list-row", { has: name }).first().click();
  }

  /** An item of the status bar, by the id that the extension gave it. */
  statusBarItem(id: string): Locator {
    return this.page.locator(`[id="${inject("extension").id}.${id}"]`);
  }

  /** Shows a view by its name. */
  async openView(name: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.type(`>Focus on ${name} View`);
    await this.quickInput
      .locator(".monaco-list-row", { hasText: `Focus on ${name} View` })
      .first()
      .click();
  }

  /** The rows of a tree view that are in sight. */
  treeRows(view: string): Locator {
    return this.page.locator(`.pane-body [role="tree"][aria-label="${view}"] .monaco-list-row`);
  }

  /** The document inside of the webview that is in sight. */
  get webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready:visible").frameLocator("#active-frame");
  }

  /** Notifications with this text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** Modal dialogs with this text. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator(".monaco-dialog-box", { hasText: text });
  }

  /** Presses a button in a notification, a dialog, a view. */
  async press(where: Locator, button: string): Promise<void> {
    await where.getByRole("button", { name: button, exact: true }).click();
  }

  /** The name of the file that is edited, and the line and column of the cursor, from 1. */
  async activeFile(): Promise<{ name: string; line: number; column: number } | undefined> {
    const name = await this.page
      .locator(".editor-group-container.active .tab.active")
      .getAttribute("data-resource-name");
    const position = await this.page.locator('[id="status.editor.selection"]').innerText();
    const [, line, column] = /Ln (\d+), Col (\d+)/.exec(position) ?? [];
    return name === null ? undefined : { name, line: Number(line), column: Number(column) };
  }

  /** What the extension has written to its log channels, in all windows of this editor so far. */
  log(): string {
    return this.#readLogs((path) => path.includes(inject("extension").id));
  }

  /** Changes settings of the user, as if in `settings.json`. */
  changeSettings(settings: Readonly<Record<string, unknown>>): void {
    started(this.#server).changeSettings(settings);
  }

  /** Numbers of the processes that run a file of the extension: its engines. */
  engines(): number[] {
    const { extensions } = this.#options;
    return processesWith(extensions === undefined ? inject("extension").folder : `${extensions}/`);
  }

  /** Keeps a picture of the window; returns its path. */
  async screenshot(name: string): Promise<string> {
    const path = artefact(`${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** Keeps a picture of the window, if it is open, and what the extension has logged. */
  async keepArtefacts(name: string): Promise<void> {
    if (this.#page !== undefined) await this.screenshot(name);
    writeFileSync(artefact(`${name}.log`), this.log());
  }

  /** How many windows have activated the extension so far. */
  #activations(): number {
    const hosts = this.#readLogs((path) => path.endsWith("remoteexthost.log"));
    return hosts.split(`_doActivateExtension ${inject("extension").id},`).length - 1;
  }

  #readLogs(isWanted: (path: string) => boolean): string {
    const logs = join(started(this.#server).folder, "user/logs");
    if (!existsSync(logs)) return "";
    return readdirSync(logs, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".log") && isWanted(path))
      .map((path) => readFileSync(join(logs, path), "utf8"))
      .join("\n");
  }
}

function artefact(name: string): string {
  mkdirSync(artefactFolder, { recursive: true });
  return join(artefactFolder, name.replaceAll(/[^\w.]+/g, "-"));
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("The editor is not open.");
  return part;
}
