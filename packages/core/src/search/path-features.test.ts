import { describe, expect, it } from "vitest";

import { pathWords } from "../text/path-words.ts";
import { nameAsked, nameCoverage } from "./path-features.ts";

const words = (weights: Record<string, number>) => new Map(Object.entries(weights));

describe("nameCoverage", () => {
  it("is the share of the query's weight that the file's name covers", () => {
    const name = pathWords("src/http-router.ts");
    expect(nameCoverage(name, words({ rout: 1, match: 1 }))).toBe(0.5);
    expect(nameCoverage(name, words({ rout: 1, http: 1 }))).toBe(1);
    expect(nameCoverage(name, words({ rout: 0.3, match: 0.7 }))).toBeCloseTo(0.3);
    expect(nameCoverage(name, words({ src: 1 }))).toBe(0);
    expect(nameCoverage(name, words({}))).toBe(0);
  });
});

describe("nameAsked", () => {
  it("is the share of the name's words that the query has", () => {
    expect(nameAsked(pathWords("router.ts"), words({ rout: 1, match: 1 }))).toBe(1);
    expect(nameAsked(pathWords("http-router.ts"), words({ rout: 1, match: 1 }))).toBe(0.5);
    expect(nameAsked(pathWords("_.ts"), words({ rout: 1 }))).toBe(0);
  });

  it("knows words cut short, and takes very short ones only as they are", () => {
    expect(nameAsked(pathWords("config.ts"), words({ configur: 1 }))).toBe(1);
    expect(nameAsked(pathWords("authentication.ts"), words({ auth: 1 }))).toBe(1);
    expect(nameAsked(pathWords("de.rs"), words({ default: 1 }))).toBe(0);
    expect(nameAsked(pathWords("de.rs"), words({ de: 1 }))).toBe(1);
  });
});
