import type { Fingerprint } from "./fingerprint.ts";
import {
  type OptionDescription,
  type OptionName,
  type RecordOptionName,
  type RecordOptions,
  type ResolvedOptions,
  optionTable,
} from "./options.ts";
import { faultOf } from "./resolve-options.ts";

/** The options that stored records depend on. */
export const recordOptionNames: readonly RecordOptionName[] = (Object.keys(optionTable) as OptionName[]).filter(
  (name): name is RecordOptionName => optionTable[name].fingerprint,
);

/**
 * What was asked for, else what the index was made with, else the default: bringing an index up to date must not mean
 * to build it anew because a flag was left out.
 *
 * @param indexed of the index that is there, if there is one.
 */
export function recordOptions(said: ResolvedOptions, indexed: Fingerprint = {}): RecordOptions {
  const value = (name: RecordOptionName) => {
    const option: OptionDescription = optionTable[name];
    // A value that this version would not take counts as none; the index then differs from what is asked for.
    const remembered = faultOf(indexed[name], option) === undefined ? indexed[name] : undefined;
    return said[name] ?? remembered ?? option.default;
  };
  return Object.fromEntries(recordOptionNames.map((name) => [name, value(name)])) as unknown as RecordOptions;
}
