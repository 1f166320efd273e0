import { describe, expect, it } from "vitest";

import { candidateFilter } from "./candidate-filter.ts";

/** Paths in batches, as the store gives them. */
const reader = {
  async *paths() {
    yield ["src/a.ts", "src/b.ts"];
    yield ["README.md"];
  },
};

describe("candidateFilter", () => {
  it("restricts nothing where nothing is asked for, and does not look at the paths", async () => {
    const unread = {
      async *paths(): AsyncGenerator<readonly string[]> {
        yield await Promise.reject(new Error("was read"));
      },
    };
    expect(await candidateFilter(unread, {})).toEqual({});
    expect(await candidateFilter(unread, { pathGlobs: [], languages: [] })).toEqual({});
    expect(await candidateFilter(unread, { languages: ["Go"] })).toEqual({ languages: ["go"] });
  });

  it("names the paths that match, from all batches", async () => {
    expect(await candidateFilter(reader, { pathGlobs: ["a.ts", "*.md"] })).toEqual({
      paths: ["src/a.ts", "README.md"],
    });
  });

  it("names no paths when all match", async () => {
    expect(await candidateFilter(reader, { pathGlobs: ["*"], languages: ["go"] })).toEqual({ languages: ["go"] });
  });

  it("is undefined when none matches", async () => {
    expect(await candidateFilter(reader, { pathGlobs: ["*.rs"] })).toBeUndefined();
  });
});
