import { type ErrorCode, ResonaError } from "../errors.ts";
import type { EmbeddedChunk } from "../store/store.ts";
import type { ChunkEmbedder } from "./chunk-embedder.ts";
import type { PreparedFile } from "./prepare-file.ts";

/** What is to be committed for one file. */
export interface EmbeddedFile extends PreparedFile {
  readonly chunks: readonly EmbeddedChunk[] | undefined;
}

/** So many files do not all have a text that cannot be embedded. */
const TELLING_FAILURES = 3;

/**
 * Embeds the chunks of a group of files together. If the embedder fails on their texts, each file is embedded alone, so
 * that only those fail that cannot be embedded.
 *
 * @param fail what becomes of a file that cannot be embedded.
 * @throws the signal's reason when it is aborted; what the embedder throws if it is not about a text.
 */
export async function embedFiles(
  group: readonly PreparedFile[],
  embedder: ChunkEmbedder,
  signal: AbortSignal,
  fail: (file: PreparedFile, failure: string) => EmbeddedFile,
): Promise<EmbeddedFile[]> {
  signal.throwIfAborted();
  try {
    return await embedTogether(group, embedder, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isAboutText(error)) throw error;
    const [only] = group;
    if (only && group.length === 1) {
      only.job.advance({ kind: "failed", error: error.message, mayPass: false });
      return [fail(only, error.message)];
    }
    const embedded: EmbeddedFile[] = [];
    for (const file of group) embedded.push(...(await embedFiles([file], embedder, signal, fail)));
    // Where nothing succeeds, it is not the texts.
    if (group.length >= TELLING_FAILURES && embedded.every(({ failure }) => failure !== undefined)) throw error;
    return embedded;
  }
}

async function embedTogether(
  group: readonly PreparedFile[],
  embedder: ChunkEmbedder,
  signal: AbortSignal,
): Promise<EmbeddedFile[]> {
  const chunks = group.flatMap(({ record: { path }, chunks: own = [] }) => own.map((chunk) => ({ ...chunk, path })));
  const embedded = await embedder.embed(chunks, signal);
  let at = 0;
  return group.map((file): EmbeddedFile => {
    if (file.job.state.kind === "chunked") file.job.advance({ kind: "embedded" });
    return { ...file, chunks: file.chunks && embedded.slice(at, (at += file.chunks.length)) };
  });
}

const aboutText: ReadonlySet<ErrorCode> = new Set([
  "MODEL_FAILED",
  "EMBEDDER_REQUEST_REFUSED",
  "EMBEDDER_INVALID_ANSWER",
]);

/** Whether other texts may be embedded all the same. */
function isAboutText(error: unknown): error is ResonaError {
  return error instanceof ResonaError && aboutText.has(error.code);
}
