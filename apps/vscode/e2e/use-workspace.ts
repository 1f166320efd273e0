import { rmSync } from "node:fs";

import { afterAll } from "vitest";

import { makeWorkspace } from "./workspace.ts";

/** A folder with these files, text by path, for all tests of a file; removed after the last of them. */
export function useWorkspace(files: Readonly<Record<string, string>>): string {
  const folder = makeWorkspace(files);
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
