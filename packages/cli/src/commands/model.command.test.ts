import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { execute } from "../execute.ts";
import { fakeContext, FakeEngine } from "../testing/fake-context.ts";
import { cli, workspaceWith } from "../testing/run-cli.ts";

const defaultModel = fileURLToPath(new URL("../../../native-embed/models/resona-code-static-v0.gguf", import.meta.url));

/** A GGUF file without tensors whose one entry is its architecture. */
const llama = [
  "GGUF\u0003\0\0\0",
  number64(0) + number64(1),
  number64(20) + "general.architecture",
  "\u0008\0\0\0",
  number64(5) + "llama",
].join("");

function number64(value: number): string {
  return `${String.fromCharCode(value)}${"\0".repeat(7)}`;
}

describe("model inspect", () => {
  test("shows a model that can be used, without an engine", async () => {
    const engine = new FakeEngine();
    const context = fakeContext(engine, { cwd: join(defaultModel, "..") });
    expect(await execute(["model", "inspect", "resona-code-static-v0.gguf"], context)).toBe("done");
    expect(context.stdout.text).toMatch(/^Model {9}resona-code-static-v0\n/);
    expect(context.stdout.text).toMatch(/^Memory {8}10\.1 MB\nSupported {5}yes\n$/m);
    expect(context.stderr.text).toBe("");
    expect(context.opened).toEqual([]);
  });

  test("under --json prints one document with every field", async () => {
    const context = fakeContext(new FakeEngine());
    expect(await execute(["model", "inspect", "--json", defaultModel], context)).toBe("done");
    expect(JSON.parse(context.stdout.text)).toEqual({
      schema: 1,
      command: "model inspect",
      path: defaultModel,
      name: "resona-code-static-v0",
      architecture: "static-embedding",
      version: 3,
      fileBytes: 8_896_960,
      parameters: 7_836_160,
      embeddingLength: 256,
      contextLength: null,
      blockCount: null,
      headCount: null,
      feedForwardLength: null,
      tokenizer: { model: "identifier-wordpiece", pre: null, tokens: 30_610 },
      pooling: null,
      tensors: [{ format: "Q8_0", tensors: 1, bytes: 8_325_920 }],
      memoryBytes: expect.any(Number),
      supported: true,
      problem: null,
    });
  });

  test("ends with 1 for a model that cannot be used, and says why not", async () => {
    const cwd = await workspaceWith({ "llama.gguf": llama });
    const run = await cli(["model", "inspect", "llama.gguf"], { cwd });
    expect(run).toMatchObject({ code: 1, stderr: "" });
    expect(run.stdout).toMatch(/^Architecture {2}llama\n/m);
    expect(run.stdout).toMatch(
      /^Supported {5}no\n {2}The embedding model is not supported: The model's architecture is not supported: .*"llama".*\n {2}.+\n$/m,
    );
    const json = fakeContext(new FakeEngine(), { cwd });
    expect(await execute(["model", "inspect", "llama.gguf", "--json"], json)).toBe("not-supported");
    expect(JSON.parse(json.stdout.text)).toMatchObject({
      supported: false,
      memoryBytes: null,
      problem: { code: "MODEL_UNSUPPORTED", message: expect.any(String), nextStep: expect.any(String) },
    });
  });

  test.each([
    ["a file that is not there", "none.gguf", "MODEL_NOT_FOUND"],
    ["a folder", ".", "MODEL_NOT_READABLE"],
    ["a file that is no GGUF file", "page.gguf", "MODEL_INVALID"],
    ["a damaged file", "half.gguf", "MODEL_INVALID"],
  ])("is trouble for %s: one sentence and a next step", async (_case, file, code) => {
    const cwd = await workspaceWith({ "page.gguf": "<html>", "half.gguf": llama.slice(0, -3) });
    const context = fakeContext(new FakeEngine(), { cwd });
    expect(await execute(["model", "inspect", file], context)).toBe("trouble");
    expect(context.stdout.text).toBe("");
    expect(context.stderr.text).toMatch(new RegExp(`^error\\[${code}\\]: .+\n.+\n$`));
    const json = fakeContext(new FakeEngine(), { cwd });
    expect(await execute(["model", "inspect", "--json", file], json)).toBe("trouble");
    expect(JSON.parse(json.stdout.text)).toMatchObject({ schema: 1, error: { code } });
  });
});
