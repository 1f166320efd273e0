import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryFolder } from "./temp-folder.ts";

const gitEnvironment = {
  PATH: process.env["PATH"],
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

/** Runs git in a folder, untouched by the settings of whoever runs the tests. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync("git", ["-C", folder, "-c", "protocol.file.allow=always", ...args], {
    env: gitEnvironment,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** Writes files by path; a text of `undefined` writes some. */
export function write(root: string, files: Readonly<Record<string, string | undefined>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text ?? "text");
  }
}

/** A repository with one commit of these files, removed when the test ends. */
export async function repository(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const root = await temporaryFolder();
  git(root, "init", "-q");
  write(root, files);
  git(root, "add", "--all");
  git(root, "commit", "-qm", "first", "--allow-empty");
  return root;
}
