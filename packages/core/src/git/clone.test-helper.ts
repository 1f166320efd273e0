import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { git, repository } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";

/** The URL of a folder. */
export const url = (folder: string): string => `file://${folder}`;

/** A repository whose server allows partial clones. */
export async function remoteRepository(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const root = await repository(files);
  git(root, "config", "uploadpack.allowFilter", "true");
  return root;
}

/** What a file holds; undefined if there is none. */
export function text(folder: string, path: string): string | undefined {
  return existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : undefined;
}

/** A program in the place of git, for what cannot be had otherwise; the real one is `$GIT`. */
export async function replaceGit(script: string): Promise<void> {
  const bin = await temporaryFolder();
  const real = git("/", "--exec-path").trim();
  writeFileSync(join(bin, "git"), `#!/bin/sh\nGIT=${real}/git\n${script}\n`, { mode: 0o755 });
  const path = process.env["PATH"];
  process.env["PATH"] = `${bin}:${path}`;
  onTestFinished(() => {
    process.env["PATH"] = path;
  });
}

/** A process that clones or updates, which prints its progress and its result. */
export function startClone(remote: string, cache: string, path: string): ChildProcess {
  const script = `
    import { cloneOrUpdate } from ${JSON.stringify(new URL("clone-repository.ts", import.meta.url).href)};
    const onProgress = (step) => console.log(JSON.stringify(step));
    console.log(JSON.stringify(await cloneOrUpdate(${JSON.stringify(url(remote))}, ${JSON.stringify(cache)}, { onProgress })));`;
  const args = ["--conditions=@resona/source", "--input-type=module", "-e", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, PATH: path } });
}
