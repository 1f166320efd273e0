import type { Wording } from "./wording.ts";

/** What users of an editor in English read. */
export const english: Wording = {
  l10n: {
    t: (message, ...args) => message.replace(/\{(\d+)\}/g, (hole, n: string) => String(args[Number(n)] ?? hole)),
  },
  locale: "en",
};
