import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import { defaultModelPath } from "./default-model.ts";
import { hashModelFile } from "./hash-model-file.ts";

test("a model's hash is that of its file's bytes", async () => {
  const expected = createHash("sha256")
    .update(await readFile(defaultModelPath))
    .digest("hex");
  expect(await hashModelFile(defaultModelPath)).toBe(expected);
});

test("a hash that nobody waits for any more is given up", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(hashModelFile(defaultModelPath, signal)).rejects.toThrow("enough");
});

test("a file that is not there is an error of its own", async () => {
  await expect(hashModelFile("no/such/model.gguf")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
});
