import { visible } from "../text/visible.ts";

const punctuation = /[!-/:-@[-`{-~]/g;

/**
 * Text for the editor's Markdown that means nothing there: no link, no table, no icon. CommonMark takes a backslash
 * before any punctuation, but the editor looks for icons, `$(name)`, after that.
 */
export function escapeMarkdown(text: string): string {
  return visible(text).replace(punctuation, (char) => (char === "$" ? "&#36;" : `\\${char}`));
}

/** A link that runs a command; `title` is Markdown. */
export function commandLink(title: string, command: string, args: readonly unknown[]): string {
  // A parenthesis would end the link.
  const json = encodeURIComponent(JSON.stringify(args)).replace(
    /[()']/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `[${title}](command:${command}?${json})`;
}
