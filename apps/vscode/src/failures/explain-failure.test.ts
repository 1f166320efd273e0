import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { type ErrorCode, resonaError } from "../../../../packages/core/src/errors.ts";
import { type EngineError, type EngineErrorData, type HostErrorCode, engineError } from "../protocol/engine-error.ts";
import { english } from "../text/english.test-helper.ts";
import { explainFailure } from "./explain-failure.ts";

const { l10n } = english;
const FOLDER = "file:///shop";

/** Details that any message can be made of. */
const some: Readonly<Record<string, unknown>> = {
  reasons: ["another model"],
  nextStep: "Choose another.",
  last: engineError("ENGINE_CRASHED", { how: "exit code 7" }),
};
const details = new Proxy(some, { get: (_, name) => some[String(name)] ?? `<${String(name)}>` });

/** The codes of a catalogue, read from its source: its texts are all there is of it. */
function codesIn(file: string): string[] {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  return [...source.matchAll(/^ {2}([A-Z_]+): \{$/gm)].map(([, code]) => code ?? "");
}

const coreErrors = codesIn("../../../../packages/core/src/errors.ts").map((code) =>
  resonaError(code as ErrorCode, details as never),
);
const hostErrors = codesIn("../protocol/engine-error.ts").map((code) =>
  engineError(code as HostErrorCode, details as never),
);
const errors: readonly EngineErrorData[] = [...coreErrors, ...hostErrors];

it("finds both catalogues", () => {
  expect(coreErrors.length).toBeGreaterThan(50);
  expect(hostErrors).toHaveLength(11);
});

it.each(errors)("$code is told in the editor's terms, with something to press", (error) => {
  const { message, buttons } = explainFailure(error, FOLDER, l10n);
  expect(message).not.toMatch(/undefined|`resona|--[a-z]|[Rr]un the command/);
  expect(message).toMatch(/\.$/);
  expect(buttons.length <= 3).toBe(true);
  expect(new Set(buttons.map(({ title }) => title)).size).toBe(buttons.length);
  // What was typed is corrected where it was typed.
  expect(buttons.length > 0).toBe(!error.code.startsWith("QUERY_"));
});

it("names commands and settings that the manifest has", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    contributes: { commands: { command: string }[]; configuration: { properties: Record<string, unknown> } };
  };
  const { commands, configuration } = manifest.contributes;
  const known = new Set([...commands.map(({ command }) => command), ...Object.keys(configuration.properties)]);
  const named = errors.flatMap((error) => {
    const { message, buttons } = explainFailure(error, FOLDER, l10n);
    return `${message} ${JSON.stringify(buttons)}`.match(/\bresona\.(?!resona)\w+/g) ?? [];
  });
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

it("hands the folder on, and needs none", () => {
  const damaged = resonaError("INDEX_DAMAGED", { path: "/shop/.resona", detail: "a file is missing" });
  expect(explainFailure(damaged, FOLDER, l10n)).toEqual({
    message:
      "The index at /shop/.resona is damaged: a file is missing. Rebuild it; it holds derived data only, and your files are not touched.",
    buttons: [
      { title: "Rebuild Index", command: "resona.rebuild", args: [FOLDER] },
      { title: "Show Index Health", command: "resona.showHealth", args: [FOLDER] },
    ],
  });
  expect(explainFailure(damaged, undefined, l10n).buttons[0]?.args).toEqual([]);
});

it("has what helps with the cause first, and nothing twice", () => {
  const titles = (last: EngineError) => {
    const error = engineError("ENGINE_KEEPS_CRASHING", { times: 5, minutes: 3, last }, last);
    return explainFailure(error, FOLDER, l10n).buttons.map(({ title }) => title);
  };
  const outOfMemory = engineError("ENGINE_OUT_OF_MEMORY", { limitMb: 512 });
  expect(titles(outOfMemory)).toEqual(["Open Settings", "Try Again", "Show Log"]);
  expect(titles(engineError("ENGINE_CRASHED", { how: "exit code 7" }))).toEqual(["Try Again", "Show Log"]);
});

it("asks for the key of the service of the folder", () => {
  const refused = resonaError("EMBEDDER_REFUSED", {
    service: "https://x.example",
    status: 401,
    detail: "",
    hasKey: false,
  });
  expect(explainFailure(refused, FOLDER, l10n).buttons[0]).toEqual({
    title: "Set Key",
    command: "resona.setEmbeddingKey",
    args: [FOLDER],
  });
});

it("opens the setting that is meant", () => {
  const gone = resonaError("MODEL_NOT_FOUND", { path: "/models/gone.gguf", isRemembered: false, saidWith: "--model" });
  expect(explainFailure(gone, FOLDER, l10n).buttons[0]).toEqual({
    title: "Open Settings",
    command: "workbench.action.openSettings",
    args: [{ query: "@id:resona.model @id:resona.modelPooling" }],
  });
});

it("calls options what they are called here, and variables what they are", () => {
  const message = (option: string, detail: string) =>
    explainFailure(resonaError("OPTION_INVALID", { option, detail }), FOLDER, l10n).message;
  expect(message("chunkChars", "must be 200")).toMatch(/^resona\.chunkChars must be 200\./);
  expect(message("--embedding-url", "cannot be used together with --model")).toMatch(
    /^resona\.embeddingUrl cannot be used together with resona\.model\./,
  );
  expect(message("RESONA_CHUNK_CHARS", "must be 200")).toMatch(/^RESONA_CHUNK_CHARS must be 200\./);
});
