/** The embedding model that an index was made with. */
export interface IndexedModel {
  /** The model's own name. */
  readonly name: string;
  /** Absolute path of its file; absent for the built-in model and for one that a service runs. */
  readonly path?: string;
  /** Address of the service that runs it. */
  readonly url?: string;
  /** What that service calls it, where that was said. */
  readonly serviceModel?: string;
  /** How texts' vectors were made of words', where that was asked for. */
  readonly pooling?: "mean" | "cls" | "last";
}
