import type { OptionDescription, OptionName } from "@resona/core";

import { memoryLimit } from "./memory-limit.ts";
import { type OptionSetting, optionSettings } from "./option-settings.ts";

/** What a manifest says of a setting. */
interface ManifestSetting {
  readonly type: string | readonly string[];
  readonly scope: string;
  readonly order: number;
  readonly default: string | number | boolean | null | readonly string[];
  readonly items?: { readonly type: string };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  /** Placeholders, one for each of `enum`. */
  readonly enumDescriptions?: readonly string[];
  /** Placeholder of `package.nls.json`. */
  readonly markdownDescription: string;
}

/** The generated parts of `package.json` and `package.nls.json`. */
export interface ManifestSettings {
  /** By full name. */
  readonly properties: Readonly<Record<string, ManifestSetting>>;
  /** Full names of those that a folder which is not trusted cannot set. */
  readonly restricted: readonly string[];
  /** Texts by the placeholder that stands for them. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Settings that are the extension's own, with their texts; shown first. */
const ownSettings = {
  autoIndex: {
    type: "boolean",
    scope: "resource",
    default: true,
    text: "Keeps the index of this folder up to date automatically. Folders that are not trusted are left alone.",
  },
  memoryLimitMb: {
    type: "integer",
    scope: "machine-overridable",
    ...memoryLimit,
    text: "Maximum memory, in megabytes, that a folder's search engine may use for JavaScript objects: between 128 and 16384, whatever is set. Its database and its model need more on top of that: about 200 MB with the built-in model.",
  },
} as const;

/** @param table core's table of options. */
export function manifestSettings(table: Readonly<Record<OptionName, OptionDescription>>): ManifestSettings {
  const properties: Record<string, ManifestSetting> = {};
  const restricted: string[] = [];
  const texts: Record<string, string> = {};
  const add = (key: string, text: string, setting: Omit<ManifestSetting, "markdownDescription" | "order">) => {
    texts[`config.${key}`] = text;
    const order = Object.keys(properties).length;
    properties[`resona.${key}`] = { ...setting, order, markdownDescription: `%config.${key}%` };
  };
  for (const [key, { text, ...setting }] of Object.entries(ownSettings)) add(key, text, setting);
  for (const [name, setting] of Object.entries(optionSettings) as [OptionName, OptionSetting | null][]) {
    if (setting === null) continue;
    const { key, scope, isRestricted, choices } = setting;
    const option = table[name];
    const meanings = Object.entries(choices ?? {}).map(([value, text]) => [`config.${key}.${value || "unset"}`, text]);
    add(key, sentence(option), {
      ...typeOf(option),
      scope,
      ...(choices === undefined ? {} : { enumDescriptions: meanings.map(([placeholder]) => `%${placeholder}%`) }),
    });
    Object.assign(texts, Object.fromEntries(meanings));
    if (isRestricted) restricted.push(`resona.${key}`);
  }
  return { properties, restricted, texts };
}

/** An unset text is empty and an unset number null: those are the ones that the settings editor shows well. */
function typeOf(option: OptionDescription): Omit<ManifestSetting, "scope" | "order" | "markdownDescription"> {
  switch (option.type) {
    case "integer":
      return {
        type: option.default === undefined ? ["integer", "null"] : "integer",
        default: option.default ?? null,
        minimum: option.min,
        maximum: option.max,
      };
    case "boolean":
      return { type: "boolean", default: option.default };
    case "choice":
      return { type: "string", enum: ["", ...option.choices], default: option.default ?? "" };
    case "globs":
      return { type: "array", items: { type: "string" }, default: option.default };
    case "path":
    case "text":
      return { type: "string", default: option.default ?? "" };
  }
}

function sentence({ description, fingerprint, type }: OptionDescription): string {
  const place = type === "path" ? " A relative path is taken from the workspace folder." : "";
  return `${description}.${place}${fingerprint ? " Changing this rebuilds the index." : ""}`;
}
