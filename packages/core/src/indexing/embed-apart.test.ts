import fc from "fast-check";
import { expect, it } from "vitest";

import { resonaError } from "../errors.ts";
import { embedApart } from "./embed-apart.ts";

type Result = number | string;

const unusable = () => resonaError("MODEL_FAILED", { detail: "it crashed" });

/** Refuses a group with a negative number. */
async function halve(group: readonly number[]): Promise<Result[]> {
  if (group.some((number) => number < 0)) throw unusable();
  return group.map((number) => number / 2);
}

const works = () => Promise.resolve();

it("every source that can be embedded is, in order, and each of the others fails alone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 12 }), async (group) => {
      const results = await embedApart(group, halve, (number, { code }) => `${number}: ${code}`, works);
      expect(results).toEqual(group.map((number) => (number < 0 ? `${number}: MODEL_FAILED` : number / 2)));
    }),
  );
});

it.each([1, 2, 3, 200])(
  "an embedder that fails on %i texts is given up, and soon, if it fails on any",
  async (count) => {
    let calls = 0;
    const failing = () => {
      calls++;
      return Promise.reject(unusable());
    };
    const group = Array.from({ length: count }, () => -1);
    await expect(embedApart(group, failing, () => 0, failing)).rejects.toMatchObject({ code: "MODEL_FAILED" });
    expect(calls).toBeLessThanOrEqual(5);
  },
);

it("what is not about a text is not tried again", async () => {
  let calls = 0;
  const failing = () => {
    calls++;
    return Promise.reject(new Error("the machine is on fire"));
  };
  await expect(embedApart([1, 2, 3], failing, () => 0, works)).rejects.toThrow("on fire");
  expect(calls).toBe(1);
});
