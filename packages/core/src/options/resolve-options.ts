import { isAbsolute, join, resolve } from "node:path";

import { resonaError } from "../errors.ts";
import {
  type EngineOptions,
  type OptionDescription,
  type OptionName,
  type ResolvedOptions,
  optionTable,
} from "./options.ts";

/**
 * Every option's value: as given, else from its environment variable, else its default.
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
    // Named as the user wrote it, so that the message points at the right place.
    const label = given[name] === undefined ? option.env : name;
    const raw = given[name] ?? fromEnv ?? option.default;
    switch (option.type) {
      case "integer":
        return checkInteger(raw, option, label);
      case "choice":
        return checkChoice(raw, option, label);
      case "path":
        return checkPath(raw, option, label);
    }
  };
  const resolved = Object.fromEntries(Object.keys(optionTable).map((name) => [name, value(name as OptionName)]));
  return Object.freeze({ ...resolved, index: resolved["index"] ?? join(workspace, ".resona") }) as ResolvedOptions;
}

function checkInteger(raw: unknown, { min, max }: { min: number; max: number }, label: string): number | undefined {
  if (raw === undefined) return undefined;
  const number = typeof raw === "string" ? Number(raw) : raw;
  if (typeof number !== "number" || !Number.isInteger(number) || number < min || number > max)
    throw resonaError("OPTION_INVALID", {
      option: label,
      detail: `must be a whole number from ${min} to ${max}, not ${JSON.stringify(raw)}`,
    });
  return number;
}

function checkChoice(raw: unknown, { choices }: { choices: readonly string[] }, label: string): string | undefined {
  if (raw === undefined || choices.some((choice) => choice === raw)) return raw as string | undefined;
  throw resonaError("OPTION_INVALID", {
    option: label,
    detail: `must be one of ${choices.join(", ")}, not ${JSON.stringify(raw)}`,
  });
}

function checkPath(raw: unknown, { words = [] }: { words?: readonly string[] }, label: string): string | undefined {
  if (raw === undefined || words.some((word) => word === raw)) return raw as string | undefined;
  if (typeof raw !== "string" || raw === "")
    throw resonaError("OPTION_INVALID", { option: label, detail: "must be a path" });
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(raw))
    throw resonaError("OPTION_INVALID", {
      option: label,
      detail: "must be a local path; URIs are not supported yet",
    });
  return isAbsolute(raw) ? raw : resolve(raw);
}
