import type { RecordOptions } from "./options.ts";

/** Everything that makes stored records unlike new ones, by name. Two indexes with equal fingerprints can be mixed. */
export type Fingerprint = Readonly<Record<string, string | number>>;

/** @param parts versions and identities of the stages that make records, for example the model's. */
export function fingerprintOf(options: RecordOptions, parts: Fingerprint): Fingerprint {
  // An option without a value is left out: what is not said changes nothing.
  const values = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return { ...parts, ...(Object.fromEntries(values) as Fingerprint) };
}

/** The names in which two fingerprints differ. */
export function fingerprintChanges(before: Fingerprint, now: Fingerprint): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
}
