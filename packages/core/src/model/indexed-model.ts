/** The embedding model that an index was made with. */
export interface IndexedModel {
  /** The model's own name. */
  readonly name: string;
  /** Absolute path of its file; absent for the built-in model. */
  readonly path?: string;
  /** How texts' vectors were made of words', where that was asked for. */
  readonly pooling?: "mean" | "cls" | "last";
}
