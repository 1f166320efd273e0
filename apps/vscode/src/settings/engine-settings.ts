import { isAbsolute, join } from "node:path";

import type { EngineOptions, OptionName } from "@resona/core";

import { type OptionSetting, optionSettings } from "./option-settings.ts";

/** What was set of a setting and where, as `WorkspaceConfiguration.inspect` tells it. */
export interface SettingValues {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

const pathOptions: ReadonlySet<OptionName> = new Set(["index", "model"]);
const BUILT_IN = "built-in";

/**
 * The engine's options as a folder's settings have them. Those that nobody has set are left out: the environment, the
 * index and the engine's own defaults come next, and the defaults that the manifest shows are only for reading.
 *
 * @param folder absolute; relative paths are taken from there.
 * @param inspect tells what was set of a setting, by its name after `resona.`.
 */
export function engineSettings(folder: string, inspect: (key: string) => SettingValues | undefined): EngineOptions {
  const options: Partial<Record<OptionName, unknown>> = {};
  for (const [name, setting] of Object.entries(optionSettings) as [OptionName, OptionSetting | null][]) {
    const value = setting && setValue(inspect(setting.key));
    if (value === undefined || value === null || value === "") continue;
    const isPlace = pathOptions.has(name) && typeof value === "string" && value !== BUILT_IN && !isAbsolute(value);
    options[name] = isPlace ? join(folder, value) : value;
  }
  // The engine looks at what it is given, and says which setting is wrong.
  return options as EngineOptions;
}

function setValue(values: SettingValues | undefined): unknown {
  return values?.workspaceFolderValue ?? values?.workspaceValue ?? values?.globalValue;
}
