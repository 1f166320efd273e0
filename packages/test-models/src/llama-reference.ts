import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Llama, LlamaEmbeddingContext, LlamaModel, Token } from "node-llama-cpp";

/** llama.cpp in this process: its prebuilt library for processors, nothing built, nothing downloaded. */
export interface LlamaRuntime {
  /** The build of its kernels that is used here, by ggml's name of the oldest processor that runs it: "haswell". */
  readonly kernels: string;
  /** Loads a model. Nothing is computed yet. */
  load(path: string): Promise<LlamaReference>;
}

/** One model in llama.cpp, computing on one thread. */
export interface LlamaReference {
  /** The tokens that the text's embedding is computed from, with those that mark its beginning and its end. */
  tokenize(text: string): number[];
  /**
   * The text's embedding, of no particular length. Rejects when the text has `contextSize` tokens or more, or when
   * `prepare` has not been called.
   */
  embed(text: string): Promise<number[]>;
  /** As `embed`, for the tokens of a text. */
  embedTokens(tokens: readonly number[]): Promise<number[]>;
  /** Makes ready for texts of fewer than `contextSize` tokens. */
  prepare(contextSize: number): Promise<void>;
  /** Gives the model's memory back. */
  close(): Promise<void>;
}

/** Loads a model into llama.cpp and makes it ready for texts of fewer than `contextSize` tokens. */
export async function openLlama(path: string, options: { readonly contextSize: number }): Promise<LlamaReference> {
  const runtime = await startLlama();
  const reference = await runtime.load(path);
  await reference.prepare(options.contextSize);
  return reference;
}

let started: Promise<Llama> | undefined;

/**
 * llama.cpp, loaded on the first call in the process.
 *
 * @param kernels has to be given on the first call, and limits it to one build of its kernels, such as "haswell", which
 *   uses AVX2 and nothing newer. By default it takes the newest that the processor runs.
 */
export async function startLlama(kernels?: string): Promise<LlamaRuntime> {
  if (kernels !== undefined) {
    if (started !== undefined) throw new Error("llama.cpp has been loaded; its kernels can no longer be chosen");
    limitKernels(kernels);
  }
  started ??= loadLibrary();
  const llama = await started;
  return {
    kernels: loadedKernels(),
    load: async (path) => new LoadedModel(await llama.loadModel({ modelPath: path })),
  };
}

async function loadLibrary(): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  return getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1, progressLogs: false });
}

class LoadedModel implements LlamaReference {
  readonly #model: LlamaModel;
  #context: LlamaEmbeddingContext | undefined;

  constructor(model: LlamaModel) {
    this.#model = model;
  }

  tokenize(text: string): number[] {
    const { tokens, vocabularyType } = this.#model;
    const ids: number[] = this.#model.tokenize(text);
    // As llama.cpp does by itself when it is asked to add special tokens, which node-llama-cpp does not ask for.
    const kind: string = vocabularyType;
    const isWordpiece = kind === "wpm";
    const first = isWordpiece || tokens.shouldPrependBosToken ? tokens.bos : null;
    const last = isWordpiece ? tokens.sep : tokens.shouldAppendEosToken ? tokens.eos : null;
    return [...(first === null ? [] : [first]), ...ids, ...(last === null ? [] : [last])];
  }

  async embed(text: string): Promise<number[]> {
    return this.embedTokens(this.tokenize(text));
  }

  async embedTokens(tokens: readonly number[]): Promise<number[]> {
    if (this.#context === undefined) throw new Error("prepare has not been called");
    const { vector } = await this.#context.getEmbeddingFor(tokens as Token[]);
    return [...vector];
  }

  async prepare(contextSize: number): Promise<void> {
    // A text longer than the batch would be split, and its vector would be that of the last part alone.
    this.#context = await this.#model.createEmbeddingContext({ contextSize, batchSize: contextSize, threads: 1 });
  }

  async close(): Promise<void> {
    await this.#context?.dispose();
    await this.#model.dispose();
  }
}

function loadedKernels(): string {
  const { sharedObjects } = process.report.getReport() as unknown as { readonly sharedObjects: readonly string[] };
  const names = sharedObjects.map(kernelsOf).filter((name) => name !== undefined);
  return names.join("+") || "the only ones";
}

/** Of the path of a library that is a build of ggml's kernels. */
function kernelsOf(path: string): string | undefined {
  return /ggml-cpu-(\w+)\.\w+$/.exec(path)?.[1];
}

/** Lets node-llama-cpp find a copy of its library that has only this build of the kernels. */
function limitKernels(kernels: string): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (!/^@node-llama-cpp\/[\w-]+$/.test(specifier)) return resolved;
      // The package has one function, which says where the library is and which version it is.
      const copy = copyLibrary(join(dirname(dirname(fileURLToPath(resolved.url))), "bins"), kernels);
      const source = `
        import { getBinsDir as original } from ${JSON.stringify(resolved.url)};
        export const getBinsDir = () => ({ ...original(), binsDir: ${JSON.stringify(copy)} });`;
      return { url: `data:text/javascript,${encodeURIComponent(source)}`, format: "module", shortCircuit: true };
    },
  });
}

function copyLibrary(folder: string, kernels: string): string {
  const copy = mkdtempSync(join(tmpdir(), "resona-llama-"));
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  cpSync(folder, copy, {
    recursive: true,
    filter: (path) => [undefined, kernels].includes(kernelsOf(path)),
  });
  return copy;
}
