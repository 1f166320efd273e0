import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { modelShapes, writeModel } from "@resona/test-models";
import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { inspectModel } from "./inspect-model.ts";

const shape = modelShapes["tiny-bert"];

describe("inspectModel", () => {
  it("describes a model that can be used", async () => {
    const path = join(await temporaryFolder(), "m.gguf");
    writeModel(path, { shape, format: "Q8_0" });
    expect(await inspectModel(path)).toMatchObject({ architecture: "bert", supported: true, problem: undefined });
  });

  it("gives a problem the code and the words of indexing with that model", async () => {
    const path = join(await temporaryFolder(), "m.gguf");
    writeModel(path, { shape, format: "Q8_0", omit: ["bert.pooling_type"] });
    expect(await inspectModel(path)).toMatchObject({
      supported: false,
      problem: {
        code: "MODEL_POOLING_UNKNOWN",
        nextStep: expect.stringMatching(/^Give --model-pooling mean/) as string,
      },
    });
  });

  it("refuses what is no model file with the codes of indexing", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "page.gguf"), "<html>");
    await expect(inspectModel(join(folder, "none.gguf"))).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      nextStep: "Check the path.",
    });
    await expect(inspectModel(folder)).rejects.toMatchObject({ code: "MODEL_NOT_READABLE" });
    await expect(inspectModel(join(folder, "page.gguf"))).rejects.toMatchObject({ code: "MODEL_INVALID" });
  });
});
