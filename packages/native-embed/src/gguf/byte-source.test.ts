import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { memorySource, openFileSource } from "./byte-source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "byte-source-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe.each(["file", "memory"])("a %s source", (kind) => {
  const open = async (bytes: Buffer) => {
    if (kind === "memory") return memorySource(bytes);
    const path = join(folder, "bytes");
    await writeFile(path, bytes);
    return openFileSource(path);
  };

  it("fills the target from any position", async () => {
    const source = await open(Buffer.from("0123456789"));
    const target = Buffer.alloc(4);
    await source.read(target, 3);
    await source.close();
    expect(source.size).toBe(10);
    expect(target.toString()).toBe("3456");
  });

  it("rejects a read that goes past the end", async () => {
    const source = await open(Buffer.from("0123456789"));
    await expect(source.read(Buffer.alloc(4), 7)).rejects.toMatchObject({ code: "TRUNCATED" });
    await source.close();
  });
});

describe("opening a file", () => {
  it("says that there is none", async () => {
    await expect(openFileSource(join(folder, "none.gguf"))).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      cause: { code: "ENOENT" },
    });
  });

  it("refuses a folder", async () => {
    await expect(openFileSource(folder)).rejects.toMatchObject({ code: "MODEL_NOT_READABLE" });
  });

  it.skipIf(process.platform === "win32")(
    "refuses what is no file with an end, such as a device or a pipe",
    async () => {
      await expect(openFileSource("/dev/null")).rejects.toMatchObject({ code: "MODEL_NOT_READABLE" });
    },
  );

  it.skipIf(process.platform === "win32")("refuses a named pipe at once, without waiting for a writer", async () => {
    const path = join(folder, "pipe.gguf");
    execFileSync("mkfifo", [path]);
    await expect(openFileSource(path)).rejects.toMatchObject({ code: "MODEL_NOT_READABLE" });
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)("refuses a file without permission", async () => {
    const path = join(folder, "secret");
    await writeFile(path, "x");
    await chmod(path, 0);
    await expect(openFileSource(path)).rejects.toMatchObject({ code: "MODEL_NOT_READABLE", cause: { code: "EACCES" } });
  });

  it("notices a file that shrinks while it is read", async () => {
    const path = join(folder, "shrinking");
    await writeFile(path, Buffer.alloc(1_000));
    const source = await openFileSource(path);
    await truncate(path, 500);
    await expect(source.read(Buffer.alloc(600), 0)).rejects.toMatchObject({ code: "TRUNCATED" });
    await source.close();
  });
});
