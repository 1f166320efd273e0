import { expect, it } from "vitest";

import { PausedFolders } from "./paused-folders.ts";

function stateOf(values: Record<string, unknown>) {
  return {
    get: (key: string) => values[key],
    update: async (key: string, value: unknown) => {
      values[key] = value;
    },
  };
}

it("remembers what is paused, and tells of changes only", () => {
  const values: Record<string, unknown> = {};
  const paused = new PausedFolders(stateOf(values));
  let changes = 0;
  paused.onDidChange(() => changes++);
  paused.set(["file:///a", "file:///b"], true);
  paused.set(["file:///a"], true);
  paused.set(["file:///c"], false);
  paused.set(["file:///b"], false);
  expect(changes).toBe(2);
  const later = new PausedFolders(stateOf(values));
  expect(["file:///a", "file:///b", "file:///c"].map((id) => later.has(id))).toEqual([true, false, false]);
});

it("makes nothing of what somebody else has left there", () => {
  expect(new PausedFolders(stateOf({ pausedFolders: { a: 1 } })).has("a")).toBe(false);
  expect(new PausedFolders(stateOf({ pausedFolders: [1, "a"] })).has("a")).toBe(true);
});
