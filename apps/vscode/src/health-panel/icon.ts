import { Markup } from "./html.ts";

export type IconName = "error" | "warning" | "info" | "good" | "busy" | "idle";

/** Shapes that differ without their colours. */
const shapes: Readonly<Record<IconName, string>> = {
  error: `<circle cx="8" cy="8" r="6.5"/><path d="M5.5 5.5l5 5M10.5 5.5l-5 5"/>`,
  warning: `<path d="M8 1.8L15 14H1Z"/><path d="M8 6v4M8 11.8v.4"/>`,
  info: `<circle cx="8" cy="8" r="6.5"/><path d="M8 7.2V11.5M8 4.4v.4"/>`,
  good: `<circle cx="8" cy="8" r="6.5"/><path d="M5 8.2l2.2 2.2L11 6"/>`,
  busy: `<circle cx="8" cy="8" r="6.5" stroke-dasharray="2.6 2.5"/>`,
  idle: `<circle cx="8" cy="8" r="6.5"/>`,
};

/** For eyes only: the words beside it say the same. */
export function icon(name: IconName): Markup {
  return new Markup(`<svg class="icon ${name}" aria-hidden="true" viewBox="0 0 16 16">${shapes[name]}</svg>`);
}
