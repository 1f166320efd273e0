type Internals = typeof import("../../../core/src/maintenance/maintain.ts") &
  typeof import("../../../core/src/store/item-store.ts") &
  typeof import("../../../core/src/store/table-files.ts");

/** An item with its records, ready to be stored. */
export type StoredItem = Parameters<Internals["ItemStore"]["prototype"]["commit"]>[0]["written"][number]["source"];

/** Modules of core that no part of its public API gives: sources beside sources, compiled ones beside compiled ones. */
export async function importCoreInternals(): Promise<Internals> {
  const [folder, ending] = import.meta.url.endsWith(".ts") ? ["src", "ts"] : ["dist", "js"];
  const load = (name: string): Promise<object> =>
    import(new URL(`../../../core/${folder}/${name}.${ending}`, import.meta.url).href) as Promise<object>;
  const parts = ["maintenance/maintain", "store/item-store", "store/table-files"].map(load);
  return Object.assign({}, ...(await Promise.all(parts))) as Internals;
}
