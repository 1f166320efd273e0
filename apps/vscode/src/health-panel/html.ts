import { visible } from "../text/visible.ts";

/** HTML that is safe to be shown: it was written in the source, and what was put into it is escaped. */
export class Markup {
  readonly html: string;

  constructor(safe: string) {
    this.html = safe;
  }
}

/** What can stand in a template; nothing is shown of `undefined`. */
export type Content = Markup | string | number | undefined | readonly Content[];

/**
 * The only way from text to HTML: everything that is not markup itself is escaped, for text and for attributes in
 * quotation marks alike, and written so that it can be seen.
 */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const parts = literals.map((literal, i) => literal + render(contents[i]));
  return new Markup(parts.join(""));
}

/** The exact text as the value of an attribute in quotation marks: it is read by the page's script and shown to nobody. */
export function exactly(value: string): Markup {
  // The parser of HTML makes line feeds of carriage returns.
  return new Markup(escape(value).replaceAll("\r", "&#13;").replaceAll("\n", "&#10;"));
}

function render(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.html;
  if (typeof content === "object") return content.map(render).join("");
  return escape(visible(String(content)));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
