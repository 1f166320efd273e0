import { describe, expect, it } from "vitest";

import { pathFactor } from "./path-factor.ts";

const factorOf = (path: string, ...words: string[]) => pathFactor(path, new Map(words.map((word) => [word, 1])));

describe("pathFactor", () => {
  it.each([
    "src/router.ts",
    "src/contest.py",
    "lib/testament.go",
    "latest/index.ts",
    "src/inspector.rb",
    "src/exampled.ts",
    "src/generator.ts",
    "src/Manifest.java",
    "Latest.java",
    "src/spec.rs",
    "benchmarking.ts",
  ])("leaves %s alone", (path) => {
    expect(factorOf(path)).toBe(1);
  });

  it.each([
    "test/router.ts",
    "src/__tests__/a.ts",
    "src/router.test.ts",
    "src/router.spec.tsx",
    "pkg/router_test.go",
    "tests/test_router.py",
    "spec/router_spec.rb",
    "src/RouterTest.java",
    "src/RouterSpec.scala",
    "testdata/a.json",
    "examples/hello/main.rs",
    "crates/x/benches/speed.rs",
    "lib/compat/old.py",
    "api/service.pb.go",
    "src/generated/client.ts",
    "types/index.d.ts",
    "pkg/__init__.py",
  ])("lowers %s", (path) => {
    expect(factorOf(path)).toBeLessThan(1);
  });

  it("is lifted when the query asks for that kind, and for that kind only", () => {
    expect(factorOf("tests/test_router.py", "rout", "test")).toBe(1);
    expect(factorOf("examples/router.rs", "exampl")).toBe(1);
    expect(factorOf("examples/router.rs", "test")).toBeLessThan(1);
    expect(factorOf("benches/router.rs", "benchmark")).toBe(1);
  });

  it("lowers further what is of two kinds", () => {
    expect(factorOf("examples/router_test.go")).toBeLessThan(factorOf("examples/router.go"));
  });
});
