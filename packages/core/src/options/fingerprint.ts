import { type OptionName, type ResolvedOptions, optionTable } from "./options.ts";

/** Everything that makes stored records unlike new ones, by name. Two indexes with equal fingerprints can be mixed. */
export type Fingerprint = Readonly<Record<string, string | number>>;

/** @param parts versions and identities of the stages that make records, for example the model's. */
export function fingerprintOf(options: ResolvedOptions, parts: Fingerprint): Fingerprint {
  const names = (Object.keys(optionTable) as OptionName[]).filter((name) => optionTable[name].fingerprint);
  return { ...parts, ...Object.fromEntries(names.map((name) => [name, options[name]])) };
}

/** The names in which two fingerprints differ. */
export function fingerprintChanges(before: Fingerprint, now: Fingerprint): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
}
