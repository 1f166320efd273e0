import { realpath } from "node:fs/promises";
import { resolve } from "node:path";

import type { ModelOptions } from "./architectures/text-model.ts";
import { loadModel } from "./load-model.ts";
import type { LoadedModel } from "./load-model.ts";

/**
 * Each model is in memory once per process, however many embedders use it. A model is loaded for its first user; when
 * its last has released it, its threads end and it is forgotten, as it is at once when loading fails.
 *
 * Models differ by their file and by the options that change what is loaded or what comes out. The number of threads is
 * none of these: the first user's holds for all, because another number would be another copy of the weights.
 */
const models = new Map<string, SharedModel>();

interface SharedModel {
  readonly loading: Promise<LoadedModel>;
  /** Ends the loading when nobody waits for it any more. */
  readonly abandoned: AbortController;
  users: number;
}

export interface ModelLease {
  readonly model: LoadedModel;
  /** To be called once. */
  readonly release: () => Promise<void>;
}

/**
 * The model of a file, loaded now unless it already is.
 * Rejects as `loadModel` does, or with the reason of the signal; the loading goes on if others wait for it.
 */
export async function leaseModel(path: string, options: ModelOptions): Promise<ModelLease> {
  const { signal, maxTokens, pooling } = options;
  signal?.throwIfAborted();
  // Two names of one file are one model. A path that does not resolve is left to the loader to complain about.
  const file = await realpath(path).catch(() => resolve(path));
  const key = JSON.stringify([file, maxTokens, pooling]);
  const shared = models.get(key) ?? startLoading(file, options);
  models.set(key, shared);
  shared.users++;
  const release = async (): Promise<void> => {
    shared.users--;
    if (shared.users > 0) return;
    if (models.get(key) === shared) models.delete(key);
    shared.abandoned.abort();
    const model = await shared.loading.catch(() => undefined);
    await model?.text.close();
  };
  try {
    return { model: await orAborted(shared.loading, signal), release };
  } catch (error) {
    // Not waited for: a loading that was abandoned ends with its next read.
    void release();
    throw error;
  }
}

function startLoading(file: string, options: ModelOptions): SharedModel {
  const abandoned = new AbortController();
  return { loading: loadModel(file, { ...options, signal: abandoned.signal }), abandoned, users: 0 };
}

/** Settles with the work, or rejects as soon as the signal is aborted. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
