import type { Pooling } from "../architectures/text-model.ts";
import { nativeEmbedError } from "../errors.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { requiredInteger, requiredWeight } from "../gguf/metadata.ts";
import type { HyperParameters } from "./transformer-plan.ts";

/** llama.cpp's numbers of the ways of pooling. */
const poolings: readonly (Pooling | undefined)[] = [undefined, "mean", "cls", "last"];
const RANK = 4;

/**
 * Reads what the architecture's keys say. `pooling` overrides the file's.
 * Throws `INVALID_METADATA` or `LIMIT_EXCEEDED` for what is missing or contradictory, `POOLING_UNKNOWN` when neither says
 * how to pool, `UNSUPPORTED_ARCHITECTURE` for what the kernels do not do.
 */
export function readHyperParameters(header: GgufHeader, architecture: string, pooling?: Pooling): HyperParameters {
  refuseRanking(header, architecture);
  const integer = (key: string, max: number): number => requiredInteger(header, `${architecture}.${key}`, 1, max);
  const width = integer("embedding_length", limits.embeddingLength);
  const heads = integer("attention.head_count", limits.embeddingLength);
  const feedForward = integer("feed_forward_length", limits.feedForwardLength);
  const unsupported = (detail: string): Error => nativeEmbedError("UNSUPPORTED_ARCHITECTURE", header.name, detail);
  if (width % 32 !== 0 || feedForward % 32 !== 0)
    throw unsupported(`widths of ${width} and ${feedForward}, not multiples of 32`);
  if (width % (heads * 8) !== 0) throw unsupported(`${heads} heads do not divide ${width} numbers into multiples of 8`);
  if (header.metadata.get(`${architecture}.attention.causal`) === true) throw unsupported("its attention is causal");
  const keyValueHeads = header.metadata.get(`${architecture}.attention.head_count_kv`) ?? heads;
  if (keyValueHeads !== heads) throw unsupported(`not all of its ${heads} heads have keys and values of their own`);
  return {
    architecture,
    blocks: integer("block_count", limits.blocks),
    width,
    heads,
    feedForward,
    contextLength: integer("context_length", limits.contextLength),
    epsilon: requiredWeight(header, `${architecture}.attention.layer_norm_epsilon`),
    pooling: pooling ?? readPooling(header, architecture),
  };
}

/** A guess would give vectors that look right and find nothing: without a statement, the user is asked. */
function readPooling(header: GgufHeader, architecture: string): Pooling {
  const key = `${architecture}.pooling_type`;
  const type = header.metadata.get(key);
  const pooling = typeof type === "number" ? poolings[type] : undefined;
  if (pooling !== undefined) return pooling;
  const detail = type === undefined ? `"${key}" is missing` : `"${key}" is none of mean, cls and last`;
  throw nativeEmbedError("POOLING_UNKNOWN", header.name, detail);
}

/** A model that ranks pairs of texts makes no vectors, whatever the pooling. */
function refuseRanking(header: GgufHeader, architecture: string): void {
  if (header.metadata.get(`${architecture}.pooling_type`) !== RANK) return;
  throw nativeEmbedError("UNSUPPORTED_ARCHITECTURE", header.name, "it ranks pairs of texts and makes no vectors");
}
