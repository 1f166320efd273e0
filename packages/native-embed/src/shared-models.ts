import { realpath } from "node:fs/promises";
import { resolve } from "node:path";

import { loadModel } from "./load-model.ts";
import type { LoadedModel } from "./load-model.ts";

/**
 * Each model file is in memory once per process, however many embedders use it. A model is loaded for its first
 * user, and forgotten after its last has released it or when loading fails.
 */
const models = new Map<string, SharedModel>();

interface SharedModel {
  readonly loading: Promise<LoadedModel>;
  users: number;
}

export interface ModelLease {
  readonly model: LoadedModel;
  /** To be called once. */
  readonly release: () => void;
}

/** The model of a file, loaded now unless it already is. Rejects as `loadModel` does. */
export async function leaseModel(path: string): Promise<ModelLease> {
  // Two names of one file are one model. A path that does not resolve is left to the loader to complain about.
  const key = await realpath(path).catch(() => resolve(path));
  const shared = models.get(key) ?? { loading: loadModel(key), users: 0 };
  models.set(key, shared);
  shared.users++;
  const release = (): void => {
    shared.users--;
    if (shared.users === 0) models.delete(key);
  };
  try {
    return { model: await shared.loading, release };
  } catch (error) {
    release();
    throw error;
  }
}
