/** Wider vectors than any embedding model's. */
export const MAX_DIMENSION = 16_384;

/** What a service has answered. */
export interface EmbeddingsAnswer {
  /** One for each text of the request, in its order, of one length, L2-normalised. */
  readonly vectors: readonly Float32Array[];
  /** What the service calls the model, if it says so. */
  readonly model: string | undefined;
}

/** Says in half a sentence what is wrong with an answer. */
export class InvalidAnswerError extends Error {}

/**
 * Takes the vectors out of an answer (platform.openai.com/docs/api-reference/embeddings/object): `data` holds an
 * `embedding` for each text, as numbers or as base64 of little-endian 32-bit floats, and an `index` that alone says
 * which text it is of. A service that leaves out every `index` answers in order. All else that is there is ignored.
 *
 * @param answer parsed JSON
 * @param count texts of the request
 * @throws InvalidAnswerError rather than give a vector that may be wrong.
 */
export function readEmbeddings(answer: unknown, count: number): EmbeddingsAnswer {
  const { data, model } = asObject(answer, "it is no JSON object");
  if (!Array.isArray(data)) throw new InvalidAnswerError("it holds no list of embeddings");
  if (data.length !== count) throw new InvalidAnswerError(`it holds ${data.length} embeddings for ${count} texts`);
  const items = data.map((item) => asObject(item, "an embedding is no object"));
  const isIndexed = items.some(({ index }) => index !== undefined);
  const vectors: Float32Array[] = [];
  for (const [position, { index, embedding }] of items.entries()) {
    const place = isIndexed ? index : position;
    if (!isPlace(place, count)) throw new InvalidAnswerError("an embedding has no index of a text");
    if (vectors[place]) throw new InvalidAnswerError(`there are two embeddings of text ${place}`);
    vectors[place] = readVector(embedding);
  }
  const dimension = vectors[0]?.length;
  if (vectors.some(({ length }) => length !== dimension))
    throw new InvalidAnswerError("its vectors are of different lengths");
  return { vectors, model: typeof model === "string" && model !== "" ? model : undefined };
}

function asObject(value: unknown, fault: string): Partial<Record<"data" | "model" | "index" | "embedding", unknown>> {
  if (typeof value !== "object" || value === null) throw new InvalidAnswerError(fault);
  return value;
}

function isPlace(index: unknown, count: number): index is number {
  return Number.isInteger(index) && (index as number) >= 0 && (index as number) < count;
}

function readVector(embedding: unknown): Float32Array {
  const vector = typeof embedding === "string" ? fromBase64(embedding) : fromNumbers(embedding);
  if (vector.length === 0) throw new InvalidAnswerError("a vector is empty");
  if (vector.length > MAX_DIMENSION) throw new InvalidAnswerError(`a vector has ${vector.length} numbers`);
  let squares = 0;
  for (const value of vector) squares += value * value;
  // One bad number spoils the sum, and squares of 32-bit floats do not overflow it.
  if (!Number.isFinite(squares)) throw new InvalidAnswerError("a vector has something else than finite numbers");
  // Nothing could be compared with it.
  if (squares === 0) throw new InvalidAnswerError("a vector is all zeros");
  const norm = Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / norm;
  return vector;
}

function fromNumbers(values: unknown): Float32Array {
  if (!Array.isArray(values)) throw new InvalidAnswerError("an embedding is no vector");
  return Float32Array.from(values, (value: unknown) => (typeof value === "number" ? value : Number.NaN));
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  // What is no base64 was skipped in decoding.
  const isWhole = bytes.length === Math.floor((text.replace(/={1,2}$/, "").length * 3) / 4) && bytes.length % 4 === 0;
  if (!isWhole) throw new InvalidAnswerError("a vector is no base64 of 32-bit floats");
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}
