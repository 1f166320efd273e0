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

  it("names the paths that match or those that do not, whichever are fewer, from all batches", async () => {
    expect(await candidateFilter(reader, { pathGlobs: ["*.md"] })).toEqual({ baseIds: ["README.md"] });
    expect(await candidateFilter(reader, { pathGlobs: ["a.ts", "*.md"] })).toEqual({ excludedBaseIds: ["src/b.ts"] });
  });

  it("excludes nothing when all match", async () => {
    const filter = await candidateFilter(reader, { pathGlobs: ["*"], languages: ["go"] });
    expect(filter).toEqual({ languages: ["go"], excludedBaseIds: [] });
  });

  it("refuses a language that it does not know, and names those it does", async () => {
    await expect(candidateFilter(reader, { languages: ["pyhton"] })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/python, .* not "pyhton"/) as string,
    });
  });

  it("is undefined when none matches", async () => {
    expect(await candidateFilter(reader, { pathGlobs: ["*.rs"] })).toBeUndefined();
  });
});
