import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { onTestFinished } from "vitest";

/** An empty folder, its real path, removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "resona-vscode-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with these files: text by path. */
export async function workspaceOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Files that take some time to index: functions named after `word`, numbered. */
export function manyFiles(count: number, word = "upload"): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, file) => [`src/${word}-${file}.ts`, sourceText(word, file)]),
  );
}

function sourceText(word: string, file: number): string {
  const functions = Array.from(
    { length: 40 },
    (_, i) =>
      `/** Does ${word} ${i} of ${file}. */\nexport function ${word}${file}x${i}(n: number) {\n  return n + ${i};\n}\n`,
  );
  return functions.join("\n");
}
