import type { Engine } from "./engine.ts";
import type { EngineOptions } from "./options/options.ts";

/**
 * Opens a workspace. Nothing is read, created or started before it is needed; the engine's own code and libraries are
 * loaded by this call, so that a front end can describe its options without waiting for them.
 *
 * @throws ResonaError WORKSPACE_NOT_FOUND, WORKSPACE_NOT_A_FOLDER, WORKSPACE_NOT_READABLE, OPTION_INVALID.
 */
export async function openEngine(options: { readonly workspace: string } & EngineOptions): Promise<Engine> {
  const { createEngine } = await import("./engine.ts");
  return createEngine(options);
}

/**
 * Loads the database's native library, as the first use of an index does: afterwards it is known that this machine can
 * run it. Where the processor cannot, the process ends.
 *
 * @throws what the loader says where there is no library for this platform, or one that does not fit.
 */
export async function loadNativeLibrary(): Promise<void> {
  const { loadLance } = await import("./store/lance.ts");
  await loadLance();
}
