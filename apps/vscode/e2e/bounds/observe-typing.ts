import type { Editor } from "../editor.ts";

export interface Typing {
  /** Milliseconds from the last key to the last change of the rows since; undefined if they have not changed. */
  latencyMs(): Promise<number | undefined>;
}

/** Watches the quick pick that is open, by the clock of the window itself. */
export async function observeTyping({ quickInput }: Editor): Promise<Typing> {
  const observed = await quickInput.evaluateHandle((widget) => {
    const times = { key: 0, change: 0 };
    const rowsNow = () => [...widget.querySelectorAll(".monaco-list-row")].map((row) => row.textContent).join("\n");
    let rows = rowsNow();
    window.addEventListener("keydown", () => (times.key = performance.now()), true);
    new MutationObserver(() => {
      const before = rows;
      rows = rowsNow();
      if (rows !== before) times.change = performance.now();
    }).observe(widget, { subtree: true, childList: true, characterData: true });
    return times;
  });
  return {
    async latencyMs() {
      const { key, change } = await observed.jsonValue();
      return change > key ? change - key : undefined;
    },
  };
}
