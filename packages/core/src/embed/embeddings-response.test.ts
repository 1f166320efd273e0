import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { InvalidAnswerError, MAX_DIMENSION, readEmbeddings } from "./embeddings-response.ts";

const base64 = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer).toString("base64");
const item = (index: unknown, embedding: unknown) => ({ object: "embedding", index, embedding });
const values = (vectors: readonly Float32Array[]) => vectors.map((vector) => [...vector]);

describe("readEmbeddings", () => {
  it("reads numbers and base64, and makes vectors of length one of them", () => {
    const data = [item(0, [3, 4]), item(1, base64([0, -2]))];
    const { vectors, model } = readEmbeddings({ object: "list", data, model: "m", extra: [1] }, 2);
    expect(model).toBe("m");
    expect(values(vectors)).toEqual([
      [Math.fround(0.6), Math.fround(0.8)],
      [0, -1],
    ]);
  });

  it("goes by the index, whatever the order, and by the order if there is no index", () => {
    const shuffled = [item(2, [0, 1]), item(0, [1, 0]), item(1, [-1, 0])];
    const expected = [
      [1, 0],
      [-1, 0],
      [0, 1],
    ];
    expect(values(readEmbeddings({ data: shuffled }, 3).vectors)).toEqual(expected);
    const bare = expected.map((embedding) => ({ embedding }));
    expect(readEmbeddings({ data: bare }, 3)).toMatchObject({ model: undefined });
    expect(values(readEmbeddings({ data: bare }, 3).vectors)).toEqual(expected);
  });

  it("normalises the smallest and the largest numbers", () => {
    const { vectors } = readEmbeddings(
      {
        data: [
          [1e-45, 0],
          [3.4e38, 3.4e38],
        ].map((v, n) => item(n, v)),
      },
      2,
    );
    expect(values(vectors)).toEqual([
      [1, 0],
      [Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)],
    ]);
  });

  it.each<[string, unknown]>([
    ["no object", "text"],
    ["null", null],
    ["a bare list", [item(0, [1]), item(1, [1])]],
    ["without data", { embeddings: [[1], [1]] }],
    ["too few", { data: [item(0, [1])] }],
    ["none", { data: [] }],
    ["too many", { data: [item(0, [1]), item(1, [1]), item(2, [1])] }],
    ["one index twice", { data: [item(0, [1]), item(0, [1])] }],
    ["every index zero", { data: [item(0, [1]), item(0, [2])] }],
    ["an index too high", { data: [item(0, [1]), item(2, [1])] }],
    ["a negative index", { data: [item(0, [1]), item(-1, [1])] }],
    ["an index that is a text", { data: [item(0, [1]), item("1", [1])] }],
    ["an index for one only", { data: [{ embedding: [1] }, item(1, [1])] }],
    ["an item that is null", { data: [item(0, [1]), null] }],
    ["vectors of two lengths", { data: [item(0, [1]), item(1, [1, 1])] }],
    ["an empty vector", { data: [item(0, []), item(1, [])] }],
    ["an empty text for a vector", { data: [item(0, ""), item(1, "")] }],
    ["null for a vector", { data: [item(0, [1]), item(1, null)] }],
    ["null in a vector", { data: [item(0, [1]), item(1, [null])] }],
    ["a vector of zeros, which has no direction", { data: [item(0, [0, 0]), item(1, [1, 0])] }],
    ["zeros in base64", { data: [item(0, base64([0, -0])), item(1, base64([1, 0]))] }],
    ["a text in a vector", { data: [item(0, [1]), item(1, ["1"])] }],
    ["a vector in a vector", { data: [item(0, [[1]]), item(1, [[1]])] }],
    [
      "an infinite number",
      JSON.parse('{ "data": [{ "index": 0, "embedding": [1e999] }, { "index": 1, "embedding": [1] }] }'),
    ],
    ["a number too large for 32 bits", { data: [item(0, [1e39]), item(1, [1])] }],
    ["NaN in base64", { data: [item(0, base64([Number.NaN])), item(1, base64([1]))] }],
    ["infinity in base64", { data: [item(0, base64([Number.NEGATIVE_INFINITY])), item(1, base64([1]))] }],
    ["base64 cut off", { data: [item(0, base64([1, 2]).slice(0, -4)), item(1, base64([1, 2]))] }],
    ["base64 of half a number", { data: [item(0, "AACAPwAA"), item(1, "AACAPwAA")] }],
    ["base64 with something else in it", { data: [item(0, "AAC*AAAAgD8="), item(1, base64([1, 2]))] }],
    [
      "a vector too wide",
      {
        data: [
          item(
            0,
            Array.from({ length: MAX_DIMENSION + 1 }, () => 1),
          ),
          item(1, [1]),
        ],
      },
    ],
  ])("refuses an answer to two texts rather than give a wrong vector: %s", (_fault, answer) => {
    expect(() => readEmbeddings(answer, 2)).toThrow(InvalidAnswerError);
  });

  it("gives what was sent up to its length, in either format, or refuses it", () => {
    const three = fc.array(fc.float(), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(three, { minLength: 1, maxLength: 5 }), fc.boolean(), (sent, asNumbers) => {
        const data = sent.map((vector, n) => item(n, asNumbers ? vector : base64(vector)));
        const isSound = sent.flat().every((value) => Number.isFinite(value));
        expect(outcome({ data }, sent.length)).toEqual(isSound ? sent.map((vector) => normalised(vector)) : "refused");
      }),
    );
  });

  it("gives vectors or says what is wrong, whatever JSON it is given", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (embedding, index) => {
        // Any other error would end the test.
        for (const answer of [embedding, { data: [{ index, embedding }] }])
          expect(["refused", 1]).toContain(outcome(answer, 1).length === 1 ? 1 : "refused");
      }),
    );
  });
});

function outcome(answer: unknown, count: number): readonly Float32Array[] | "refused" {
  try {
    return readEmbeddings(answer, count).vectors;
  } catch (error) {
    if (error instanceof InvalidAnswerError) return "refused";
    throw error;
  }
}

function normalised(vector: readonly number[]): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(vector, (value) => (norm === 0 ? value : value / norm));
}
