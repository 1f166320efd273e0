import { styleText } from "node:util";

import type { OutputStream } from "../context.ts";

/** The roles that text can have; colours are decided here and nowhere else. */
const styles = {
  path: ["magenta", "bold"],
  faint: "dim",
  score: "green",
  error: ["red", "bold"],
  note: "yellow",
  good: "green",
} as const;

export type Paint = (role: keyof typeof styles, text: string) => string;

/** Colours only for a terminal; NO_COLOR and FORCE_COLOR are honoured. */
export function paintFor(stream: OutputStream): Paint {
  return (role, text) => styleText(styles[role] as Parameters<typeof styleText>[0], text, { stream });
}

export const plain: Paint = (_role, text) => text;
