/** A damaged copy of a file, and what was done to it: the words to print when a test fails. */
export interface Mutation {
  readonly what: string;
  readonly bytes: Buffer;
}

/**
 * `count` damaged copies of a file, the same for the same seed: bytes and bits changed, numbers replaced by extreme
 * ones, parts cut off, cut out, put in, repeated and exchanged; up to three of these at once. Most of the damage is
 * near the beginning, where a file says what it holds.
 */
export function* mutations(seed: number, file: Uint8Array, count: number): Generator<Mutation> {
  const random = randomNumbers(seed);
  for (let index = 0; index < count; index++) {
    let bytes: Buffer = Buffer.from(file);
    const done: string[] = [];
    for (let rounds = 1 + random(3); rounds > 0 && bytes.byteLength > 0; rounds--) {
      const damage = damages[random(damages.length)]!;
      const { what, bytes: damaged } = damage(bytes, random);
      done.push(what);
      bytes = damaged;
    }
    yield { what: `seed ${seed}, ${index}: ${done.join(", then ")}`, bytes };
  }
}

/** Every copy in which the eight bytes at one position below `end` are an extreme number. */
export function* extremeNumbers(file: Uint8Array, end: number): Generator<Mutation> {
  for (let at = 0; at + 8 <= end; at++) {
    for (const number of extremes) yield writeNumber(Buffer.from(file), at, number);
  }
}

/** Counts, lengths and offsets that break what was not made for them: edges of the sizes of numbers, and of limits. */
const extremes: readonly bigint[] = [
  0n,
  1n,
  65_536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

type Damage = (bytes: Buffer, random: (below: number) => number) => Mutation;

const damages: readonly Damage[] = [
  (bytes, random) => {
    const at = place(bytes, random);
    bytes[at] = random(256);
    return { what: `byte ${at} is ${bytes[at]}`, bytes };
  },
  (bytes, random) => {
    const at = place(bytes, random);
    bytes[at] = bytes[at]! ^ (1 << random(8));
    return { what: `a bit of byte ${at} is flipped`, bytes };
  },
  (bytes, random) => writeNumber(bytes, place(bytes, random), extremes[random(extremes.length)]!),
  (bytes, random) => writeNumber(bytes, place(bytes, random), BigInt(random(2 * bytes.byteLength))),
  (bytes, random) => {
    const length = random(bytes.byteLength);
    return { what: `cut off at ${length}`, bytes: bytes.subarray(0, length) };
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return {
      what: `${from} to ${to} are cut out`,
      bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
    };
  },
  (bytes, random) => {
    const at = place(bytes, random);
    const added = Buffer.alloc(1 + random(40), random(256));
    const parts = [bytes.subarray(0, at), added, bytes.subarray(at)];
    return { what: `${added.byteLength} bytes ${added[0]} are put in at ${at}`, bytes: Buffer.concat(parts) };
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    const parts = [bytes.subarray(0, to), bytes.subarray(from)];
    return { what: `${from} to ${to} are repeated`, bytes: Buffer.concat(parts) };
  },
  (bytes, random) => {
    const [from, middle] = range(bytes, random);
    const to = middle + random(bytes.byteLength - middle + 1);
    const parts = [bytes.subarray(0, from), bytes.subarray(middle, to), bytes.subarray(from, middle)];
    const what = `${from} to ${middle} and ${middle} to ${to} are exchanged`;
    return { what, bytes: Buffer.concat([...parts, bytes.subarray(to)]) };
  },
];

/** A position in the file; those near its beginning are likelier. */
function place(bytes: Buffer, random: (below: number) => number): number {
  return random(random(bytes.byteLength) + 1);
}

function range(bytes: Buffer, random: (below: number) => number): [from: number, to: number] {
  const from = place(bytes, random);
  return [from, from + random(Math.min(200, bytes.byteLength - from) + 1)];
}

/** Writes 64 bits, or as many of them as there is room for. */
function writeNumber(bytes: Buffer, at: number, number: bigint): Mutation {
  const written = Buffer.alloc(8);
  written.writeBigUInt64LE(number);
  written.copy(bytes, at);
  return { what: `the number at ${at} is ${number}`, bytes };
}

/** Whole numbers from 0 to below a bound, from the generator mulberry32. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
