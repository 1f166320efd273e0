type Internals = typeof import("../../../core/src/changes/stored-hashes.ts") &
  typeof import("../../../core/src/store/arrow.ts") &
  typeof import("../../../core/src/store/lance.ts") &
  typeof import("../../../core/src/store/read-hashes.ts");

/** Modules of core that no part of its public API gives: sources beside sources, compiled ones beside compiled ones. */
export async function importCoreInternals(): Promise<Internals> {
  const [folder, ending] = import.meta.url.endsWith(".ts") ? ["src", "ts"] : ["dist", "js"];
  const load = (name: string): Promise<object> =>
    import(new URL(`../../../core/${folder}/${name}.${ending}`, import.meta.url).href) as Promise<object>;
  const parts = ["changes/stored-hashes", "store/arrow", "store/lance", "store/read-hashes"].map(load);
  return Object.assign({}, ...(await Promise.all(parts))) as Internals;
}
