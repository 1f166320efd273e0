import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";

import { describe, expect, it, onTestFinished } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { watchFiles } from "./watch-files.ts";
import { patience, until } from "./watch.test-helper.ts";

// What is tested runs git in this process's environment.
env["GIT_CONFIG_GLOBAL"] = "/dev/null";
env["GIT_CONFIG_NOSYSTEM"] = "1";

async function watched(root: string, indexPath = join(root, ".resona"), exclude: readonly string[] = []) {
  const told = { paths: new Set<string>(), rules: 0, doubts: 0 };
  const listener = {
    onChanges: (changes: readonly { path: string }[]) => {
      for (const { path } of changes) told.paths.add(path);
    },
    onRules: () => told.rules++,
    onDoubt: () => told.doubts++,
  };
  const watch = await watchFiles(root, indexPath, listener, new AbortController().signal, exclude);
  onTestFinished(watch.close);
  /** Writes one more file and waits until it is told: what happened before has then been told as well. */
  const settled = async () => {
    const name = `settled-${told.paths.size}`;
    await writeFile(join(root, name), "");
    await until(() => told.paths.has(name));
    told.paths.delete(name);
  };
  return { told, settled, watch };
}

describe("the files of a workspace", () => {
  it("are watched at any depth, for what is new, changed, moved and removed", async () => {
    const root = await temporaryFolder();
    write(root, { "a/b/c/deep.ts": "", "top.ts": "", "old.ts": "" });
    const { told } = await watched(root);
    write(root, { "a/b/c/deep.ts": "x", "a/new.ts": "" });
    await rm(join(root, "top.ts"));
    await rename(join(root, "old.ts"), join(root, "a/moved.ts"));
    const changed = ["a/b/c/deep.ts", "a/moved.ts", "a/new.ts", "old.ts", "top.ts"];
    await expect.poll(() => [...told.paths].toSorted(), patience).toEqual(changed);
  });

  it("are not those of version control, of dependencies and of the index, wherever these are", async () => {
    const root = await temporaryFolder();
    const folders = [".git", "x/.hg", "node_modules/m", "x/y/node_modules/m", ".venv", "x/__pycache__", "my/index"];
    for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
    const { told, settled } = await watched(root, join(root, "my/index"));
    for (const folder of folders) write(root, { [`${folder}/file`]: "", [`${folder}/sub/file`]: "" });
    write(root, { "my/indexes.ts": "", "node_modules.md": "", "x/.gitter": "" });
    await until(() => told.paths.size >= 3);
    await settled();
    expect([...told.paths].toSorted()).toEqual(["my/indexes.ts", "node_modules.md", "x/.gitter"]);
  });

  it("are not those of an index that is reached through a link", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, "real"));
    await symlink(join(root, "real"), join(root, "link"));
    const { told, settled } = await watched(root, join(root, "link"));
    write(root, { "real/file": "" });
    await settled();
    expect(told.paths).toEqual(new Set());
  });

  it("are not those that globs exclude", async () => {
    const root = await temporaryFolder();
    write(root, { "out.d/a/b.js": "", "sub/out.d/c.js": "", "docs/api/i.md": "", "src/a.log": "", "src/x.{y}/z": "" });
    const { told, settled } = await watched(root, undefined, ["out.d", "/docs/api", "*.log", "**/x.\\{y\\}", "n+m"]);
    write(root, { "out.d/a/b.js": "x", "sub/out.d/new.js": "", "docs/api/i.md": "x", "docs/api/new/k.md": "" });
    write(root, { "src/a.log": "x", "src/x.{y}/z": "x", "n+m": "", nnm: "", "src/out_d": "", "sub/docs/api": "" });
    await until(() => told.paths.has("sub/docs"));
    await settled();
    // What is in a new folder may be told beside the folder.
    told.paths.delete("sub/docs/api");
    expect([...told.paths].toSorted()).toEqual(["nnm", "src/out_d", "sub/docs"]);
  });

  it("are not those in folders that git ignores", async () => {
    const root = await repository({ ".gitignore": "build/\n*.log\n", "a.ts": "" });
    write(root, { "build/sub/out.js": "" });
    const { told, settled } = await watched(root);
    write(root, { "build/sub/out.js": "x", "build/more.js": "", "a.ts": "x" });
    await until(() => told.paths.has("a.ts"));
    await settled();
    expect(told.paths).toEqual(new Set(["a.ts"]));
  });

  it("are not those that links lead to", async () => {
    const [root, outside] = [await temporaryFolder(), await temporaryFolder()];
    await symlink(outside, join(root, "link"));
    const { told, settled } = await watched(root);
    write(outside, { file: "" });
    await settled();
    expect(told.paths).toEqual(new Set());
  });

  it("tell when ignore files change, at any depth", async () => {
    const root = await temporaryFolder();
    write(root, { "a/b/file": "" });
    const { told } = await watched(root);
    write(root, { "a/b/.gitignore": "x" });
    await expect.poll(() => told.rules, patience).toBe(1);
    write(root, { ".resonaignore": "x" });
    await expect.poll(() => told.rules, patience).toBe(2);
  });

  it("tell when git tracks other files or checks out another commit, also of a linked work tree", async () => {
    const main = await repository({ "a.ts": "" });
    const linked = join(await temporaryFolder(), "linked");
    git(main, "worktree", "add", "-q", linked);
    for (const root of [main, linked]) {
      write(root, { "new.ts": "" });
      const { told } = await watched(root);
      for (const args of [
        ["add", "new.ts"],
        ["commit", "-qm", "new"],
        ["checkout", "-q", "--detach", "HEAD~1"],
      ]) {
        const before = told.rules;
        git(root, ...args);
        await expect.poll(() => told.rules, patience).toBeGreaterThan(before);
      }
    }
  });

  it("tell that nothing is certain any more when the workspace itself is moved away", async () => {
    const root = join(await temporaryFolder(), "workspace");
    await mkdir(root);
    const { told } = await watched(root);
    await rename(root, `${root}-moved`);
    await expect.poll(() => told.doubts, patience).toBeGreaterThan(0);
  });

  it("are no longer watched after the end", async () => {
    const root = await temporaryFolder();
    const { told, watch } = await watched(root);
    await watch.close();
    const other = await watched(root);
    write(root, { "a.ts": "" });
    await other.settled();
    expect(told.paths).toEqual(new Set());
  });
});
