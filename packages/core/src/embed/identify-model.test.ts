import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { identifyModel } from "./identify-model.ts";
import { createNativeEmbedder } from "./native-embedder.ts";

const builtIn = { path: undefined, isRemembered: false };

test("a model is what an embedder made of it would say", async () => {
  const embedder = await createNativeEmbedder(builtIn);
  const { modelId, modelName } = embedder;
  await embedder.close();
  expect(await identifyModel(builtIn)).toEqual({ modelId, modelName });
});

test("a file that is missing, or no model, is refused as it would be when it is used", async () => {
  const path = join(await temporaryFolder(), "model.gguf");
  for (const content of [undefined, "GGUF of a version that nobody knows"]) {
    if (content !== undefined) await writeFile(path, content);
    const error = await createNativeEmbedder({ path, isRemembered: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: content === undefined ? "MODEL_NOT_FOUND" : "MODEL_UNSUPPORTED" });
    await expect(identifyModel({ path, isRemembered: true })).rejects.toEqual(error);
  }
});

test("reading ends with the reason of the signal", async () => {
  const controller = new AbortController();
  controller.abort();
  await expect(identifyModel(builtIn, controller.signal)).rejects.toMatchObject({ name: "AbortError" });
});
