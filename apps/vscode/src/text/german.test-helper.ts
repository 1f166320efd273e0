import { readFileSync } from "node:fs";

import { english } from "./english.test-helper.ts";
import type { Wording } from "./wording.ts";

const bundle = new URL("../../l10n/bundle.l10n.de.json", import.meta.url);
const texts = JSON.parse(readFileSync(bundle, "utf8")) as Readonly<Record<string, string>>;

/** What users of an editor in German read. */
export const german: Wording = {
  l10n: { t: (message, ...args) => english.l10n.t(texts[message] ?? message, ...args) },
  locale: "de",
};
