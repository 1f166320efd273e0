/** `pnpm --filter resona l10n`: writes the texts of the extension's sources for those who translate them. */
import { writeFileSync } from "node:fs";

import { sourceMessages } from "./l10n-messages.ts";

const bundle = new URL("../l10n/bundle.l10n.json", import.meta.url);
writeFileSync(bundle, `${JSON.stringify(sourceMessages(), null, 2)}\n`);
