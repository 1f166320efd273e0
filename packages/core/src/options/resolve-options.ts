import { delimiter, isAbsolute, join, resolve } from "node:path";

import { resonaError } from "../errors.ts";
import { rootedGlob } from "../support/path-glob.ts";
import {
  type EngineOptions,
  type OptionDescription,
  type OptionName,
  type ResolvedOptions,
  optionTable,
} from "./options.ts";

/**
 * Every option's value: as given, else from its environment variable, else its default. An option that stored records
 * depend on takes no default here, because the index may know better (`recordOptions`).
 *
 * @param given paths are relative to the current folder.
 * @param workspace absolute path of the workspace's root.
 * @throws ResonaError OPTION_INVALID for a value out of its bounds or of another type.
 */
export function resolveOptions(
  given: EngineOptions,
  workspace: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedOptions {
  const value = (name: OptionName) => {
    const option: OptionDescription = optionTable[name];
    const fromEnv = env[option.env] === "" ? undefined : env[option.env];
    const raw = given[name] ?? fromEnv ?? (option.fingerprint ? undefined : option.default);
    if (raw === undefined) return undefined;
    const parsed = typeof raw === "string" ? parsedValue(raw, option) : raw;
    const fault = faultOf(parsed, option);
    if (fault !== undefined) {
      // Named as the user wrote it, so that the message points at the right place.
      const label = given[name] === undefined ? option.env : name;
      const found = option.type === "path" ? "" : `, not ${JSON.stringify(raw)}`;
      throw resonaError("OPTION_INVALID", { option: label, detail: `${fault}${found}` });
    }
    return isRelativePath(parsed, option) ? resolve(parsed) : parsed;
  };
  const resolved = Object.fromEntries(Object.keys(optionTable).map((name) => [name, value(name as OptionName)]));
  return Object.freeze({ ...resolved, index: resolved["index"] ?? join(workspace, ".resona") }) as ResolvedOptions;
}

/** What a variable's text means. */
function parsedValue(text: string, { type }: OptionDescription): string | number | boolean | readonly string[] {
  if (type === "integer") return Number(text);
  if (type === "globs") return text.split(delimiter).filter((glob) => glob !== "");
  if (type === "boolean" && /^(true|1|false|0)$/i.test(text)) return /^(true|1)$/i.test(text);
  return text;
}

/** What is wrong with a value of an option; undefined for a sound one. */
export function faultOf(value: unknown, option: OptionDescription): string | undefined {
  switch (option.type) {
    case "integer": {
      const { min, max } = option;
      const sound = typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
      return sound ? undefined : `must be a whole number from ${min} to ${max}`;
    }
    case "text":
      return typeof value === "string" && value.trim() !== "" ? undefined : "must not be empty";
    case "globs":
      return Array.isArray(value) && value.every(isGlob)
        ? undefined
        : "must be globs of paths, none of them empty, very long or beginning with an exclamation mark";
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "choice":
      return option.choices.some((choice) => choice === value)
        ? undefined
        : `must be one of ${option.choices.join(", ")}`;
    case "path":
      if (typeof value !== "string" || value === "") return "must be a path";
      return /^[a-z][a-z0-9+.-]+:\/\//i.test(value) ? "must be a local path; URIs are not supported yet" : undefined;
  }
}

/** An exception to what is left out would be one that is never looked at, in a folder that is not entered. */
function isGlob(value: unknown): boolean {
  return typeof value === "string" && !value.startsWith("!") && rootedGlob(value) !== undefined;
}

function isRelativePath(value: unknown, option: OptionDescription): value is string {
  if (option.type !== "path" || typeof value !== "string") return false;
  return option.words?.includes(value) !== true && !isAbsolute(value);
}
