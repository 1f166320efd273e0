import type { importCoreInternals } from "../core-internals.ts";

/**
 * Items with texts of about 800 characters and vectors that have neighbours: each vector is a point of a 32-dimensional
 * space, near the other records of its item, seen through a fixed projection, with noise. The same for the same
 * arguments every time.
 */
export const DIMENSION: number = 256;
export const RECORDS_PER_ITEM: number = 10;

const LATENT = 32;
const NOISE = 1.4;
const TEXT_LENGTH = 800;
const LINE_WORDS = 10;

type ItemStore = Awaited<ReturnType<typeof importCoreInternals<"store/item-store">>>["ItemStore"]["prototype"];

/** An item with its records, ready to be stored. */
type StoredItem = Parameters<ItemStore["commit"]>[0]["written"][number]["source"];

type Random = () => number;

/** Mulberry32: small, fast, and the same everywhere. */
export function seeded(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An item with its records; another generation has other texts and vectors. */
export function syntheticItem(n: number, generation = 0, records: number = RECORDS_PER_ITEM): StoredItem {
  const random = seeded(n * 7_919 + generation * 104_729);
  const subject = point(random);
  const chunks = Array.from({ length: records }, (_, i) => {
    const own = point(random).map((value, axis) => 0.7 * value + 0.7 * (subject[axis] ?? 0));
    const text = textOf(random);
    const place = { startLine: i * 40 + 1, endLine: i * 40 + 40, kind: "lines" as const, symbols: [], scope: [] };
    return { ...place, text, terms: text.replaceAll("\n", " "), vector: project(own, random) };
  });
  const textHash = (n * 1_000 + generation).toString(16).padStart(32, "0");
  return { baseId: `collection-${n % 97}/part-${n % 1_013}/item-${n}`, textHash, language: "", chunks };
}

/** Vectors of queries, from the same distribution as those of the records. */
export function syntheticQueries(count: number): Float32Array[] {
  const random = seeded(-7);
  return Array.from({ length: count }, () => project(point(random), random));
}

/** A word of the vocabulary; small numbers are frequent words. */
export function vocabularyWord(n: number): string {
  return vocabulary[n % vocabulary.length] ?? "";
}

const syllables = "ba co di fu ge hi jo ku la me ni po qua re so ti vu wa xe zo".split(" ");
const vocabulary: readonly string[] = (() => {
  const random = seeded(1);
  return Array.from({ length: 30_000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => syllables[Math.floor(random() * syllables.length)]).join(
      "",
    ),
  );
})();

function textOf(random: Random): string {
  let text = "";
  for (let words = 1; text.length < TEXT_LENGTH; words++)
    text += vocabularyWord(Math.floor(vocabulary.length * random() ** 3)) + (words % LINE_WORDS === 0 ? "\n" : " ");
  return text;
}

const projection: Float32Array = (() => {
  const random = seeded(2);
  return Float32Array.from({ length: DIMENSION * LATENT }, () => gaussian(random));
})();

function point(random: Random): Float32Array {
  return Float32Array.from({ length: LATENT }, () => gaussian(random));
}

function project(latent: Float32Array, random: Random): Float32Array {
  const vector = new Float32Array(DIMENSION);
  for (let d = 0; d < DIMENSION; d++) {
    let sum = NOISE * (random() + random() + random() - 1.5);
    for (let axis = 0; axis < LATENT; axis++) sum += (projection[d * LATENT + axis] ?? 0) * (latent[axis] ?? 0);
    vector[d] = sum;
  }
  const length = Math.hypot(...vector);
  for (let d = 0; d < DIMENSION; d++) vector[d] = (vector[d] ?? 0) / length;
  return vector;
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
