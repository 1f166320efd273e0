import { readFileSync } from "node:fs";

import { type OptionDescription, optionTable } from "@resona/core";
import { describe, expect, it } from "vitest";

import { manifestSettings } from "./manifest-settings.ts";
import { optionSettings } from "./option-settings.ts";

interface Manifest {
  readonly contributes: {
    readonly configuration: { readonly properties: Record<string, { readonly scope: string }> };
    readonly configurationDefaults: unknown;
  };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: string[] } };
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const manifest = readJson("package.json") as Manifest;
const texts = readJson("package.nls.json") as Record<string, string>;
const settings = manifestSettings(optionTable);

describe("the manifest", () => {
  it("has the settings that the engine's options make; `pnpm --filter resona settings` writes them", () => {
    expect(manifest.contributes.configuration.properties).toEqual(settings.properties);
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(settings.restricted);
    expect(Object.fromEntries(Object.entries(texts).filter(([key]) => key.startsWith("config.")))).toEqual(
      settings.texts,
    );
  });

  it("lets no folder that is not trusted say what is read, written or sent to", () => {
    for (const key of ["model", "indexFolder", "embeddingUrl"]) expect(settings.restricted).toContain(`resona.${key}`);
  });

  it("lets no folder at all agree to send texts away", () => {
    expect(settings.properties["resona.remoteEmbedding"]?.scope).toBe("machine");
  });

  it("hides the folder of an index from the editor's lists", () => {
    expect(manifest.contributes.configurationDefaults).toEqual({ "files.exclude": { "**/.resona": true } });
  });

  it("says of every value of a choice what it means", () => {
    const meanings = Object.values(optionSettings).map((setting) => Object.keys(setting?.choices ?? {}));
    const values = Object.values(settings.properties).map((setting) => setting.enum ?? []);
    expect(meanings.filter(({ length }) => length > 0)).toEqual(values.filter(({ length }) => length > 0));
  });

  it("has no place for keys", () => {
    expect(Object.keys(settings.properties).filter((name) => /key|token|secret|password/iu.test(name))).toEqual([]);
  });

  it("has a text for every placeholder", () => {
    const placeholders = [...JSON.stringify(manifest).matchAll(/%([^%"]+)%/gu)].map(([, key]) => key);
    expect(placeholders.length).toBeGreaterThan(10);
    expect(placeholders.filter((key) => key === undefined || texts[key] === undefined)).toEqual([]);
  });

  it("knows of every option whether its value may be a path", () => {
    const paths = Object.entries<OptionDescription>(optionTable).filter(([, { type }]) => type === "path");
    expect(paths.map(([name]) => name).toSorted()).toEqual(["index", "model"]);
  });
});
