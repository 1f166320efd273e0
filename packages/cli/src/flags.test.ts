import { resolve } from "node:path";

import { optionTable } from "@resona/core";
import { Command } from "commander";
import { expect, test } from "vitest";

import { addCommonFlags, type CommonFlags, engineFlags, engineOptions } from "./flags.ts";

function parse(...argv: string[]): CommonFlags {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  return addCommonFlags(command).parse(argv, { from: "user" }).opts();
}

test("every option of the engine is decided", () => {
  expect(Object.keys(engineFlags).toSorted()).toEqual(Object.keys(optionTable).toSorted());
});

test("without flags the engine gets nothing but the workspace, so that it reads the environment itself", () => {
  expect(engineOptions(parse(), "/here")).toEqual({ workspace: resolve("/here") });
});

test("flags reach the engine under the option's name, paths seen from the current folder", () => {
  const argv = ["--workspace", "w", "--index", "../i", "--chunk-chars", "800", "--parse-timeout-ms=50"];
  expect(engineOptions(parse(...argv), "/here")).toEqual({
    workspace: resolve("/here/w"),
    index: resolve("/i"),
    chunkChars: 800,
    parseTimeoutMs: 50,
  });
});

test("a model is a file seen from the current folder, or the word for the built-in one", () => {
  expect(engineOptions(parse("--model", "m.gguf"), "/here").model).toBe(resolve("/here/m.gguf"));
  expect(engineOptions(parse("--model", "built-in"), "/here").model).toBe("built-in");
});

test("a choice is one of the table's", () => {
  expect(parse("--model-pooling", "cls").modelPooling).toBe("cls");
  expect(() => parse("--model-pooling", "max")).toThrow("Allowed choices are mean, cls, last.");
});

test("globs are collected, and there is no default to tell of them", () => {
  const argv = ["--exclude", "dist", "--exclude=*.{log,tmp}"];
  expect(engineOptions(parse(...argv), "/here").exclude).toEqual(["dist", "*.{log,tmp}"]);
  expect(() => parse("--exclude", "")).toThrow("It must not be empty.");
  const help = addCommonFlags(new Command()).helpInformation().replaceAll(/\s+/g, " ");
  expect(help).toMatch(/--exclude <glob> [^(]*\(env: RESONA_EXCLUDE\)/);
});

test.each(["../x", "a/../b", "/here/src", "C:\\src", "c:/src"])(
  "the glob %j, which can match nothing, is refused",
  (glob) => {
    expect(() => engineOptions(parse("--exclude", "dist", "--exclude", glob), "/here")).toThrow("matches nothing");
  },
);

test.each(["/src", "a..b", "/heres", "..."])("the glob %j is one from the workspace's root, or of a name", (glob) => {
  expect(engineOptions(parse("--exclude", glob), "/here").exclude).toEqual([glob]);
});

test("the help tells the default and the bounds, and where the index knows better", () => {
  const help = addCommonFlags(new Command()).helpInformation().replaceAll(/\s+/g, " ");
  expect(help).toContain("(default: the index's own, else 1500, 200 to 8000, env: RESONA_CHUNK_CHARS)");
  expect(help).toContain("(default: 4, 1 to 64, env: RESONA_PARSER_THREADS)");
});

test("an address is not taken for a relative path", () => {
  expect(engineOptions(parse("--index", "s3://bucket/i"), "/here")).toMatchObject({ index: "s3://bucket/i" });
});

test("the bounds of the table hold, themselves included", () => {
  const { min, max } = optionTable.chunkChars;
  expect(parse("--chunk-chars", `${min}`).chunkChars).toBe(min);
  expect(parse("--chunk-chars", `${max}`).chunkChars).toBe(max);
  for (const value of [min - 1, max + 1]) {
    expect(() => parse("--chunk-chars", `${value}`)).toThrow(`It must be a whole number from ${min} to ${max}.`);
  }
});

test.each(["", " ", "x", "1e3", "0x400", "1000.5", "1_000", "Infinity", "१०००"])("%j is no number", (value) => {
  expect(() => parse("--chunk-chars", value)).toThrow("It must be a whole number");
});

test("an empty path is refused", () => {
  expect(() => parse("--index", "")).toThrow("It must not be empty.");
  expect(() => parse("--workspace", " ")).toThrow("It must not be empty.");
});
