import { join, resolve } from "node:path";

import { expect, it } from "vitest";

import { type SettingValues, engineSettings } from "./engine-settings.ts";

const folder = resolve("/w");

function settingsOf(values: Readonly<Record<string, SettingValues>>) {
  return engineSettings(folder, (key) => values[key]);
}

it("leaves out what nobody has set, whatever defaults are shown", () => {
  expect(settingsOf({ chunkChars: {}, model: { globalValue: "" }, modelThreads: { globalValue: null } })).toEqual({});
});

it("takes what is said nearest to the folder", () => {
  const said = { globalValue: 500, workspaceValue: 600, workspaceFolderValue: 700 };
  expect(settingsOf({ chunkChars: said })).toEqual({ chunkChars: 700 });
  expect(settingsOf({ remoteEmbedding: { globalValue: true, workspaceValue: false } })).toEqual({
    remoteEmbedding: false,
  });
});

it("takes relative paths from the folder, and words and addresses as they are", () => {
  expect(settingsOf({ indexFolder: { globalValue: "../index" } })).toEqual({ index: join(folder, "../index") });
  expect(settingsOf({ model: { globalValue: "m.gguf" } })).toEqual({ model: join(folder, "m.gguf") });
  expect(settingsOf({ model: { globalValue: resolve("/m.gguf") } })).toEqual({ model: resolve("/m.gguf") });
  expect(settingsOf({ model: { globalValue: "built-in" } })).toEqual({ model: "built-in" });
  const embeddingUrl = "http://localhost:11434/v1";
  expect(settingsOf({ embeddingUrl: { globalValue: embeddingUrl } })).toEqual({ embeddingUrl });
});
