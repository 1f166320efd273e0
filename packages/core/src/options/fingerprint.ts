import { type OptionName, type ResolvedOptions, optionTable } from "./options.ts";

/** Everything that makes stored records unlike new ones, by name. Two indexes with equal fingerprints can be mixed. */
export type Fingerprint = Readonly<Record<string, string | number>>;

/** @param parts versions and identities of the stages that make records, for example the model's. */
export function fingerprintOf(options: ResolvedOptions, parts: Fingerprint): Fingerprint {
  const names = (Object.keys(optionTable) as OptionName[]).filter((name) => optionTable[name].fingerprint);
  // An option without a value is left out: what is not said changes nothing.
  const values = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  return { ...parts, ...Object.fromEntries(values) };
}

/** The names in which two fingerprints differ. */
export function fingerprintChanges(before: Fingerprint, now: Fingerprint): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
}
