import { expect, it } from "vitest";

import { qualityReport } from "./quality-report.ts";

const question = (query: string, path: string) => ({ query, category: "semantic", targets: [{ path }] });
const repository = (name: string, language: string) => ({ name, language, root: "", questions: [] });

it("counts repositories the same overall, and questions the same by category and without overlap", () => {
  const rows = qualityReport([
    {
      repository: repository("one", "go"),
      scores: new Map([
        [question("how requests are routed", "src/router.go"), 1],
        [question("who waits", "src/lock.go"), 0.5],
        [question("who wakes", "src/lock.go"), 0],
      ]),
    },
    { repository: repository("two", "lua"), scores: new Map([[question("open a picker", "picker.lua"), 0]]) },
  ]);
  expect(Object.fromEntries(rows.map(({ slice, questions, ndcg10 }) => [slice, [questions, ndcg10]]))).toEqual({
    overall: [4, 0.25],
    "overall, by question": [4, 0.375],
    "no overlap": [2, 0.25],
    "no overlap, by question": [2, 0.25],
    semantic: [4, 0.375],
    go: [3, 0.5],
    lua: [1, 0],
  });
});
