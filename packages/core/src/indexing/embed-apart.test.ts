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

const down = () => resonaError("EMBEDDER_FAILED", { service: "http://localhost", status: 500, detail: "" });

it("a service that may be down costs no source that can be embedded", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 12 }),
      fc.array(fc.boolean(), { maxLength: 24 }),
      async (group, outages) => {
        const attempts = outages.values();
        let isUp = false;
        const embed = async (some: readonly number[]): Promise<Result[]> => {
          if ((!isUp && attempts.next().value === true) || some.some((number) => number < 0)) throw down();
          isUp = false;
          return some.map((number) => number / 2);
        };
        // Has waited until it is back.
        const check = async () => {
          isUp = true;
        };
        const results = await embedApart(group, embed, (number, { code }) => `${number}: ${code}`, check);
        expect(results).toEqual(group.map((number) => (number < 0 ? `${number}: EMBEDDER_FAILED` : number / 2)));
      },
    ),
  );
});

it.each([1, 2, 200])("a service that is down is given up at once with %i texts", async (count) => {
  let calls = 0;
  const failing = () => {
    calls++;
    return Promise.reject(down());
  };
  const group = Array.from({ length: count }, () => 1);
  await expect(embedApart(group, failing, () => 0, failing)).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
  expect(calls).toBe(2);
});

it("what is not about a text is not tried again", async () => {
  let calls = 0;
  const failing = () => {
    calls++;
    return Promise.reject(new Error("the machine is on fire"));
  };
  await expect(embedApart([1, 2, 3], failing, () => 0, works)).rejects.toThrow("on fire");
  expect(calls).toBe(1);
});
