import { join } from "node:path";
import { env } from "node:process";

import { describe, expect, it } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { foldersIgnoredByGit, gitFolderOf } from "./git-state.ts";

// What is tested runs git in this process's environment.
env["GIT_CONFIG_GLOBAL"] = "/dev/null";
env["GIT_CONFIG_NOSYSTEM"] = "1";

const { signal } = new AbortController();

describe("git's own folder", () => {
  it("is found from the top, from a subfolder and from a linked work tree, which has its own", async () => {
    const root = await repository({ "sub/a.ts": "" });
    const linked = join(await temporaryFolder(), "linked");
    git(root, "worktree", "add", "-q", linked);
    expect(await gitFolderOf(root, signal)).toBe(join(root, ".git"));
    expect(await gitFolderOf(join(root, "sub"), signal)).toBe(join(root, ".git"));
    expect(await gitFolderOf(linked, signal)).toBe(join(root, ".git/worktrees/linked"));
  });

  it("is not there outside of git, and not looked for in a damaged repository", async () => {
    const root = await temporaryFolder();
    expect(await gitFolderOf(root, signal)).toBeUndefined();
    write(root, { ".git": "gitdir: /nowhere\n" });
    expect(await gitFolderOf(root, signal)).toBeUndefined();
  });
});

describe("folders that git ignores", () => {
  it("are named as a whole, unless something in them is tracked or they are known", async () => {
    const root = await repository({ ".gitignore": "build/\nout/\nnode_modules/\n*.log\n", "a.log": "" });
    write(root, { "build/a": "", "build/b/c": "", "sub/out/x": "", "out/tracked": "", "node_modules/m/i.js": "" });
    git(root, "add", "--force", "out/tracked");
    const isKnown = (folder: string) => folder === "node_modules";
    expect([...(await foldersIgnoredByGit(root, isKnown, signal))].toSorted()).toEqual(["build", "sub/out"]);
  });

  it("are not so many that comparing with them takes time", async () => {
    const files = Array.from({ length: 150 }, (_, n) => [`p${n}/a.ts`, ""] as const);
    const root = await repository({ ".gitignore": "build/\n", ...Object.fromEntries(files) });
    for (let n = 0; n < 150; n++) write(root, { [`p${n}/build/x`]: "" });
    expect(await foldersIgnoredByGit(root, () => false, signal)).toHaveLength(100);
  });

  it("are none where an outer repository ignores the whole workspace, and outside of git", async () => {
    const outer = await repository({ ".gitignore": "/inner/\n" });
    write(outer, { "inner/src/a.ts": "" });
    expect(await foldersIgnoredByGit(join(outer, "inner"), () => false, signal)).toEqual([]);
    expect(await foldersIgnoredByGit(await temporaryFolder(), () => false, signal)).toEqual([]);
  });
});
