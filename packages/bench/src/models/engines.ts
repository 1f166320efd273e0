import { resolve } from "node:path";

/** "haswell" is llama.cpp with kernels for AVX2 and nothing newer. */
export type EngineName = "resona" | "llama.cpp" | "llama.cpp haswell";

/** An engine, ready to load models. */
export interface Engine {
  /** Which of its kernels it uses, as far as it says. */
  readonly kernels: string;
  /**
   * Loads a model. llama.cpp always has one thread: it computes one text at a time, and its threads wait for each
   * other by spinning.
   */
  load(model: string, threads?: number): Promise<LoadedModel>;
}

/** A model that takes texts as they are: nothing is put before them. */
export interface LoadedModel {
  /** How long the loading took. */
  readonly loadMs: number;
  /** From the loaded model to being ready for a text, where that is a step of its own. */
  readonly contextMs: number;
  /** Memory that the model holds; NaN where it does not say. */
  readonly heldMB: number;
  /** Vectors, in order; not necessarily of length 1. */
  embed(texts: readonly string[]): Promise<ArrayLike<number>[]>;
  close(): Promise<void>;
}

/** Loads the engine's library. */
export async function startEngine(name: EngineName): Promise<Engine> {
  return name === "resona" ? startResona() : startLlamaCpp(name === "llama.cpp haswell" ? "haswell" : undefined);
}

async function startResona(): Promise<Engine> {
  const { createEmbedder } = await import("@resona/native-embed");
  return {
    kernels: "",
    load: async (model, threads = 1) => {
      const startedAt = performance.now();
      const embedder = await createEmbedder({ model: resolve(model), threads, prefixes: { query: "", document: "" } });
      return {
        loadMs: performance.now() - startedAt,
        contextMs: 0,
        heldMB: embedder.memory().total / 1e6,
        embed: (texts) => embedder.embedDocuments(texts),
        close: () => embedder.close(),
      };
    },
  };
}

/** Longer texts are not measured. */
const CONTEXT_SIZE = 512;

async function startLlamaCpp(kernels: string | undefined): Promise<Engine> {
  const { startLlama } = await import("@resona/test-models");
  const runtime = await startLlama(kernels);
  return {
    kernels: runtime.kernels,
    load: async (path) => {
      const startedAt = performance.now();
      const llama = await runtime.load(resolve(path));
      const loadedAt = performance.now();
      await llama.prepare(CONTEXT_SIZE);
      return {
        loadMs: loadedAt - startedAt,
        contextMs: performance.now() - loadedAt,
        heldMB: Number.NaN,
        embed: async (texts) => {
          const vectors: number[][] = [];
          for (const text of texts) vectors.push(await llama.embed(text));
          return vectors;
        },
        close: () => llama.close(),
      };
    },
  };
}
