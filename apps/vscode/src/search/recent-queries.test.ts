import { expect, it } from "vitest";

import { RecentQueries } from "./recent-queries.ts";

function recentQueries(kept?: unknown) {
  const values = new Map<string, unknown>([["resona.recentQueries", kept]]);
  return new RecentQueries({ get: (key) => values.get(key), update: (key, value) => values.set(key, value) });
}

it("has the newest first, each once", () => {
  const recent = recentQueries();
  for (const query of ["cart", "till", "cart"]) recent.add(query);
  expect(recent.all).toEqual(["cart", "till"]);
  recent.remove("cart");
  expect(recent.all).toEqual(["till"]);
});

it("forgets the oldest", () => {
  const recent = recentQueries();
  for (let n = 0; n < 30; n++) recent.add(`query ${n}`);
  expect(recent.all).toHaveLength(20);
  expect(recent.all.at(-1)).toBe("query 10");
});

it("makes do with whatever was kept", () => {
  expect(recentQueries("cart").all).toEqual([]);
  expect(recentQueries(["cart", 3, null]).all).toEqual(["cart"]);
});
