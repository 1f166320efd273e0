/** `pnpm --filter resona settings`: writes the settings that the engine's options make into the extension's manifest. */
import { readFileSync, writeFileSync } from "node:fs";

import { optionTable } from "@resona/core";

import { manifestSettings } from "../src/settings/manifest-settings.ts";

const { properties, restricted, texts } = manifestSettings(optionTable);

edit("package.json", (manifest) => {
  const { contributes, capabilities } = manifest as Manifest;
  contributes.configuration.properties = properties;
  capabilities.untrustedWorkspaces.restrictedConfigurations = restricted;
});
edit("package.nls.json", (all) => {
  for (const key of Object.keys(all)) if (key.startsWith("config.")) Reflect.deleteProperty(all, key);
  Object.assign(all, texts);
});

interface Manifest {
  readonly contributes: { readonly configuration: { properties: unknown } };
  readonly capabilities: { readonly untrustedWorkspaces: { restrictedConfigurations: unknown } };
}

function edit(name: string, change: (json: object) => void): void {
  const file = new URL(`../${name}`, import.meta.url);
  const json = JSON.parse(readFileSync(file, "utf8")) as object;
  change(json);
  writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`);
}
