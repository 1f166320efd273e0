/**
 * What `vscode.l10n` offers. Texts are collected for translators from calls of `l10n.t` by that name, with the text itself
 * as the first argument.
 */
export interface Localization {
  /** Translates a text and puts the others where it says `{0}`, `{1}`, … */
  t(message: string, ...args: (string | number | boolean)[]): string;
}

/** How things are told to the user: in their language, with numbers as they are written there. */
export interface Wording {
  readonly l10n: Localization;
  /** BCP 47, as `vscode.env.language`. */
  readonly locale: string;
}
