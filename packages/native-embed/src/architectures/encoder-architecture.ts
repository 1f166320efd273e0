import type { GgufHeader } from "../gguf/gguf-header.ts";
import type { Batch, Operations } from "../transformer/operations.ts";
import type { EncoderWeights, HyperParameters } from "../transformer/transformer-plan.ts";
import type { WeightPlacement } from "../transformer/weight-placement.ts";
import type { WorkSpace } from "../transformer/work-space.ts";

/** How one kind of transformer is laid out in a file, and how it turns tokens into vectors. */
export interface EncoderArchitecture {
  /** `general.architecture` */
  readonly name: string;
  /** Gives every weight its place. `maxTokens`: positions that are needed. */
  place(placement: WeightPlacement, hyper: HyperParameters, header: GgufHeader, maxTokens: number): EncoderWeights;
  /** Token ids and positions in the work space → token vectors in `space.x` [n, width]. */
  forward(ops: Operations, weights: EncoderWeights, space: WorkSpace, batch: Batch): void;
}
