import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";

/** What a folder says of something in it: the bytes of its name, and what it is. */
export type Child = Pick<Dirent<Buffer>, "isDirectory" | "name">;

/** The single-file executable has its own answer in place of this module. */
export function readFolder(path: string): Promise<Child[]> {
  return readdir(path, { withFileTypes: true, encoding: "buffer" });
}
