import type { PageMessage, PageState, UpdateMessage } from "../src/health-panel/messages.ts";

/*
 * The script of the health page. What is to be seen comes from the extension as HTML; this puts it in its place, tells
 * the extension what was clicked, and keeps what a reader would miss when a section is shown anew: the focus, what is
 * folded out, and how far the page was scrolled.
 */

/** What the editor gives to scripts in its pages; to be called once. */
declare function acquireVsCodeApi(): {
  postMessage(message: PageMessage): void;
  getState(): KeptState | undefined;
  setState(state: KeptState): void;
};

interface KeptState extends PageState {
  readonly scrolled: number;
  /** Keys of what is folded otherwise than it was made. */
  readonly toggled: readonly string[];
}

const editor = acquireVsCodeApi();
let folder = document.body.dataset["folder"] ?? "";
const before = editor.getState();
const kept = before?.folder === folder ? before : undefined;
const toggled = new Set(kept?.toggled);
const shown = new Map<string, string>();

function keep(): void {
  editor.setState({ folder, scrolled: window.scrollY, toggled: [...toggled] });
}

function byKey(within: ParentNode, key: string): HTMLElement | null {
  return within.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
}

/** Folds what the reader has folded otherwise. */
function applyToggles(within: ParentNode): void {
  for (const details of within.querySelectorAll("details"))
    if (toggled.has(details.dataset["key"] ?? "")) details.open = !details.open;
}

function show(id: string, html: string): void {
  const section = document.getElementById(id);
  if (section === null || shown.get(id) === html) return;
  shown.set(id, html);
  const focused = section.contains(document.activeElement) ? document.activeElement : null;
  section.innerHTML = html;
  applyToggles(section);
  const key = focused instanceof HTMLElement ? focused.dataset["key"] : undefined;
  // Who has pressed a button that is gone stays where they were.
  if (key !== undefined) (byKey(section, key) ?? section).focus({ preventScroll: true });
}

function update({ folder: current, sections, announcement }: UpdateMessage): void {
  if (current !== folder) {
    folder = current;
    toggled.clear();
    keep();
  }
  for (const [id, html] of Object.entries(sections)) show(id, html);
  const status = document.getElementById("announcement");
  if (status !== null && status.textContent !== announcement) status.textContent = announcement;
}

function messageOf({ run, post, help, open }: DOMStringMap): PageMessage | undefined {
  // The extension looks at what it is sent.
  if (run !== undefined) return { type: "run", action: run } as PageMessage;
  if (post !== undefined) return { type: post } as PageMessage;
  if (help !== undefined) return { type: "help", command: help };
  return open === undefined ? undefined : { type: "open-file", path: open };
}

window.addEventListener("message", ({ data }: MessageEvent<UpdateMessage>) => {
  if (data.type === "update") update(data);
});

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("button") : null;
  const message = button === null || button.ariaDisabled === "true" ? undefined : messageOf(button.dataset);
  if (message !== undefined) editor.postMessage(message);
});

document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && target.dataset["folders"] !== undefined)
    editor.postMessage({ type: "select-folder", folder: target.value });
});

document.addEventListener("click", ({ target }) => {
  const key = target instanceof Element ? target.closest("summary")?.parentElement?.dataset["key"] : undefined;
  if (key === undefined) return;
  if (!toggled.delete(key)) toggled.add(key);
  keep();
});

window.addEventListener("scrollend", keep);

for (const section of document.querySelectorAll("section")) section.tabIndex = -1;
applyToggles(document);
window.scrollTo(0, kept?.scrolled ?? 0);
keep();
editor.postMessage({ type: "ready" });
