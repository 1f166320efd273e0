/** Modules of core that no part of its public API gives, by their path in its sources. */
interface CoreModules {
  readonly "changes/known-files": typeof import("../../core/src/changes/known-files.ts");
  readonly "changes/stored-hashes": typeof import("../../core/src/changes/stored-hashes.ts");
  readonly "chunk/create-chunker": typeof import("../../core/src/chunk/create-chunker.ts");
  readonly "diagnostics/remedies": typeof import("../../core/src/diagnostics/remedies.ts");
  readonly "discover/discover-files": typeof import("../../core/src/discover/discover-files.ts");
  readonly "index-handle": typeof import("../../core/src/index-handle.ts");
  readonly "indexing/chunk-embedder": typeof import("../../core/src/indexing/chunk-embedder.ts");
  readonly "indexing/commit-queue": typeof import("../../core/src/indexing/commit-queue.ts");
  readonly "indexing/embed-files": typeof import("../../core/src/indexing/embed-files.ts");
  readonly "indexing/file-changes": typeof import("../../core/src/indexing/file-changes.ts");
  readonly "indexing/group-by-chunks": typeof import("../../core/src/indexing/group-by-chunks.ts");
  readonly "indexing/prepare-file": typeof import("../../core/src/indexing/prepare-file.ts");
  readonly "maintenance/maintain": typeof import("../../core/src/maintenance/maintain.ts");
  readonly "options/resolve-options": typeof import("../../core/src/options/resolve-options.ts");
  readonly "store/arrow": typeof import("../../core/src/store/arrow.ts");
  readonly "store/checkpoint": typeof import("../../core/src/store/checkpoint.ts");
  readonly "store/index-store": typeof import("../../core/src/store/index-store.ts");
  readonly "store/item-store": typeof import("../../core/src/store/item-store.ts");
  readonly "store/lance": typeof import("../../core/src/store/lance.ts");
  readonly "store/read-hashes": typeof import("../../core/src/store/read-hashes.ts");
  readonly "store/table-files": typeof import("../../core/src/store/table-files.ts");
}

/** Loads modules of core, merged into one: sources beside sources, compiled ones beside compiled ones. */
export async function importCoreInternals<Name extends keyof CoreModules>(
  ...names: readonly Name[]
): Promise<Merged<CoreModules[Name]>> {
  const [folder, ending] = import.meta.url.endsWith(".ts") ? ["src", "ts"] : ["dist", "js"];
  const load = (name: string): Promise<object> =>
    import(new URL(`../../core/${folder}/${name}.${ending}`, import.meta.url).href) as Promise<object>;
  return Object.assign({}, ...(await Promise.all(names.map(load)))) as Merged<CoreModules[Name]>;
}

/** What is in one of the modules of a union, as the intersection of them has it. */
type Merged<Union> = (Union extends unknown ? (module: Union) => void : never) extends (module: infer All) => void
  ? All
  : never;
