import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ModelFormat, type ModelShape, type ModelShapeName, modelShapes, writeModel } from "@resona/test-models";

/** Synthetic models in a temporary folder, each written when it is first asked for. */
export class ModelFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<ModelFiles> {
    return new ModelFiles(await mkdtemp(join(tmpdir(), "resona-bench-models-")));
  }

  /** Path of the file. */
  write(shape: ModelShapeName, format: ModelFormat): string {
    return this.writeAs(`${shape}-${format}`, modelShapes[shape], format);
  }

  writeAs(name: string, shape: ModelShape, format: ModelFormat): string {
    const path = join(this.#folder, `${name}.gguf`);
    if (!existsSync(path)) writeModel(path, { shape, format });
    return path;
  }

  /** Removes a file that is not needed any more; all of them together would be some 10 GB. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async removeAll(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function sizeMB(path: string): Promise<number> {
  return (await stat(path)).size / 1e6;
}
