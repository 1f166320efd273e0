import type { EmbeddedChunk } from "../store/store.ts";
import type { ChunkEmbedder } from "./chunk-embedder.ts";
import { embedApart } from "./embed-apart.ts";
import type { PreparedFile } from "./prepare-file.ts";

/** What is to be committed for one file. */
export interface EmbeddedFile extends PreparedFile {
  readonly chunks: readonly EmbeddedChunk[] | undefined;
}

/**
 * Embeds the chunks of a group of files together; only those files fail that cannot be embedded.
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
  return embedApart(
    group,
    (files) => embedTogether(files, embedder, signal),
    (file, { message }) => {
      file.job.advance({ kind: "failed", error: message, mayPass: false });
      return fail(file, message);
    },
    () => embedder.check(signal),
  );
}

async function embedTogether(
  group: readonly PreparedFile[],
  embedder: ChunkEmbedder,
  signal: AbortSignal,
): Promise<EmbeddedFile[]> {
  signal.throwIfAborted();
  const chunks = group.flatMap(({ record: { path }, chunks: own = [] }) => own.map((chunk) => ({ ...chunk, path })));
  const embedded = await embedder.embed(chunks, signal);
  let at = 0;
  return group.map((file): EmbeddedFile => {
    if (file.job.state.kind === "chunked") file.job.advance({ kind: "embedded" });
    return { ...file, chunks: file.chunks && embedded.slice(at, (at += file.chunks.length)) };
  });
}
