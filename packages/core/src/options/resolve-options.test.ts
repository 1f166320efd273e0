import { delimiter, join, resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { fingerprintChanges, fingerprintOf } from "./fingerprint.ts";
import { type EngineOptions, type OptionDescription, optionTable } from "./options.ts";
import { recordOptions } from "./record-options.ts";
import { resolveOptions } from "./resolve-options.ts";

const workspace = resolve("/w");

describe("resolveOptions", () => {
  it("takes what is given, else the environment, else the default", () => {
    const env = { RESONA_CHUNK_CHARS: "900", RESONA_MAX_FILE_BYTES: "5000" };
    const options = resolveOptions({ maxFileBytes: 6_000 }, workspace, env);
    expect(options).toMatchObject({ maxFileBytes: 6_000, chunkChars: 900, parserThreads: 4 });
    expect(options.index).toBe(join(workspace, ".resona"));
  });

  it("treats an empty variable as not set", () => {
    expect(resolveOptions({}, workspace, { RESONA_PARSER_THREADS: "" }).parserThreads).toBe(4);
  });

  it("leaves open what the index may know better than the default", () => {
    expect(resolveOptions({}, workspace, {})).toMatchObject({ chunkChars: undefined, modelPooling: undefined });
  });

  it("takes a relative index folder from where the user stands", () => {
    expect(resolveOptions({ index: "idx" }, workspace, {}).index).toBe(resolve("idx"));
  });

  it("takes a relative model file from where the user stands, and the word for the built-in one as it is", () => {
    expect(resolveOptions({ model: "m.gguf" }, workspace, {}).model).toBe(resolve("m.gguf"));
    expect(resolveOptions({}, workspace, { RESONA_MODEL: "m.gguf" }).model).toBe(resolve("m.gguf"));
    expect(resolveOptions({ model: "built-in" }, workspace, {}).model).toBe("built-in");
    expect(resolveOptions({}, workspace, {})).toMatchObject({ model: undefined, modelPooling: undefined });
  });

  it("takes one of the choices", () => {
    expect(resolveOptions({}, workspace, { RESONA_MODEL_POOLING: "cls" }).modelPooling).toBe("cls");
  });

  it("takes globs as they are, from the environment separated as folders of PATH are", () => {
    expect(resolveOptions({}, workspace, {}).exclude).toEqual([]);
    const env = { RESONA_EXCLUDE: ["dist", "*.{log,tmp}", "", "/a b"].join(delimiter) };
    expect(resolveOptions({}, workspace, env).exclude).toEqual(["dist", "*.{log,tmp}", "/a b"]);
    expect(resolveOptions({ exclude: ["out"] }, workspace, env).exclude).toEqual(["out"]);
    expect(resolveOptions({ exclude: [] }, workspace, env).exclude).toEqual([]);
  });

  it.each<[EngineOptions, Record<string, string>, string]>([
    [{ chunkChars: 199 }, {}, "chunkChars must be a whole number from 200 to 8000, not 199"],
    [{ chunkChars: 8_001 }, {}, "chunkChars"],
    [{ chunkChars: 500.5 }, {}, "chunkChars"],
    [{ parserThreads: Number.NaN }, {}, "parserThreads"],
    [{}, { RESONA_PARSER_THREADS: "many" }, 'RESONA_PARSER_THREADS must be a whole number from 1 to 64, not "many"'],
    [{ modelThreads: 0 }, {}, "modelThreads must be a whole number from 1 to 256, not 0"],
    [{ index: "" }, {}, "index must be a path"],
    [{ model: "" }, {}, "model must be a path"],
    [{ model: "hf://nomic/v1" }, {}, "URIs are not supported yet"],
    [{ modelPooling: "max" as "mean" }, {}, 'modelPooling must be one of mean, cls, last, not "max"'],
    [{}, { RESONA_MODEL_POOLING: "CLS" }, "RESONA_MODEL_POOLING must be one of mean, cls, last"],
    [{ exclude: ["dist", ""] }, {}, "exclude must be globs of paths"],
    [{ exclude: ["!src"] }, {}, "beginning with an exclamation mark"],
    [{ exclude: ["a".repeat(1_001)] }, {}, "very long"],
    [{}, { RESONA_EXCLUDE: "/" }, "RESONA_EXCLUDE must be globs of paths, none of them empty"],
    [{ index: "s3://bucket/index" }, {}, "URIs are not supported yet"],
  ])("refuses %j with %j and says why", (given, env, message) => {
    const refusal = { code: "OPTION_INVALID", message: expect.stringContaining(message) as string };
    expect(() => resolveOptions(given, workspace, env)).toThrow(expect.objectContaining(refusal));
  });

  it("has a default within the bounds of every option", () => {
    for (const option of Object.values<OptionDescription>(optionTable)) {
      if (option.type !== "integer" || option.default === undefined) continue;
      expect(option.default).toBeGreaterThanOrEqual(option.min);
      expect(option.default).toBeLessThanOrEqual(option.max);
    }
  });
});

describe("fingerprintOf", () => {
  const said = resolveOptions({}, workspace, {});
  const base = recordOptions(said);
  const parts = { model: "m", dimension: 256 };

  it("changes with what records depend on, and names it", () => {
    const other = fingerprintOf({ ...base, chunkChars: 700 }, { ...parts, model: "n" });
    expect(fingerprintChanges(fingerprintOf(base, parts), other).toSorted()).toEqual(["chunkChars", "model"]);
    const pooled = fingerprintOf({ ...base, modelPooling: "cls" }, parts);
    expect(fingerprintChanges(fingerprintOf(base, parts), pooled)).toEqual(["modelPooling"]);
  });

  it("says nothing of an option that nobody said anything of, like an index that is older than the option", () => {
    expect(fingerprintOf(base, parts)).toEqual({ ...parts, chunkChars: 1_500 });
  });

  it("does not change with what they do not depend on", () => {
    const other = {
      ...said,
      parserThreads: 1,
      parseTimeoutMs: 10,
      maxFileBytes: 2_000,
      exclude: ["a"],
      index: "/elsewhere",
    };
    expect(fingerprintOf(recordOptions(other), parts)).toEqual(fingerprintOf(base, parts));
  });
});
