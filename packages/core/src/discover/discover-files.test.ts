import { execFileSync } from "node:child_process";
import { utimesSync, writeFileSync } from "node:fs";
import { chmod, rm, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import type { NoticeEvent } from "../model/progress.ts";
import type { DiscoveredFile } from "../model/source-file.ts";
import { countFiles, discoverFiles } from "./discover-files.ts";
import type { DiscoverOptions } from "./discover-files.ts";

const isPosix = process.platform !== "win32";

async function discover(root: string, options: Partial<DiscoverOptions> = {}): Promise<DiscoveredFile[]> {
  const found: DiscoveredFile[] = [];
  const all = { maxFileBytes: 1_048_576, indexPath: join(root, ".resona"), ...options };
  for await (const file of discoverFiles(root, all)) found.push(file);
  // Whatever else is tested, no path may come twice.
  expect(new Set(found.map((file) => file.path)).size).toBe(found.length);
  return found;
}

/** Paths of files as they are, skipped ones as `path: reason`, sorted. */
async function list(root: string, options: Partial<DiscoverOptions> = {}): Promise<string[]> {
  const found = await discover(root, options);
  return found.map((file) => (file.kind === "file" ? file.path : `${file.path}: ${file.reason}`)).toSorted();
}

/** Root may read everything: permissions hold for somebody else only. */
function becomeNobody(): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(65_534);
  onTestFinished(() => process.seteuid?.(0));
}

test("a file comes with its size and modification time", async () => {
  const root = await temporaryFolder();
  write(root, { "a.txt": "12345" });
  utimesSync(join(root, "a.txt"), 1_000.5, 1_000.5);
  expect(await discover(root)).toEqual([{ kind: "file", path: "a.txt", size: 5, mtimeMs: 1_000_500 }]);
});

test("in a git work tree, tracked and untracked files are found and ignored ones are not", async () => {
  const root = await repository({ ".gitignore": "*.log\nout/\n", "src/a.ts": undefined, "deleted.ts": undefined });
  write(root, { "src/new.ts": undefined, "x.log": undefined, "out/b.js": undefined, "forced.log": undefined });
  git(root, "add", "--force", "forced.log");
  await rm(join(root, "deleted.ts"));
  expect(await list(root)).toEqual([".gitignore", "forced.log", "src/a.ts", "src/new.ts"]);
});

test("a subfolder of a repository is found by the rules of the whole", async () => {
  const root = await repository({ ".gitignore": "*.log\n/sub/out/\n", "top.ts": undefined, "sub/a.ts": undefined });
  write(root, { "sub/x.log": undefined, "sub/out/b.js": undefined });
  expect(await list(join(root, "sub"))).toEqual(["a.ts"]);
});

test("a folder that the repository around it ignores is walked when it is the workspace", async () => {
  const root = await repository({ ".gitignore": "*\n" });
  write(root, { "project/a.ts": undefined, "project/.gitignore": "b.ts\n", "project/b.ts": undefined });
  expect(await list(join(root, "project"))).toEqual([".gitignore", "a.ts"]);
});

test("a linked worktree and a repository behind a symbolic link are repositories", async () => {
  const root = await repository({ ".gitignore": "*.log\n", "a.ts": undefined });
  const folder = await temporaryFolder();
  git(root, "worktree", "add", "-q", join(folder, "tree"));
  write(folder, { "tree/x.log": undefined });
  await symlink(root, join(folder, "link"));
  expect(await list(join(folder, "tree"))).toEqual([".gitignore", "a.ts"]);
  expect(await list(join(folder, "link"))).toEqual([".gitignore", "a.ts"]);
});

test("an unmerged file is found once", async () => {
  const root = await repository({ "a.ts": "one\n" });
  git(root, "checkout", "-qb", "side");
  write(root, { "a.ts": "two\n" });
  git(root, "commit", "-qam", "side");
  git(root, "checkout", "-q", "-");
  write(root, { "a.ts": "three\n" });
  git(root, "commit", "-qam", "main");
  expect(() => git(root, "merge", "side")).toThrow("Command failed");
  expect(git(root, "ls-files", "--unmerged").split("\n").length).toBeGreaterThan(2);
  expect(await list(root)).toEqual(["a.ts"]);
});

test("files absent from a sparse checkout are not found", async () => {
  const root = await repository({ "in/a.ts": undefined, "out/b.ts": undefined });
  git(root, "sparse-checkout", "set", "in");
  expect(await list(root)).toEqual(["in/a.ts"]);
});

test("nested repositories follow their own rules", async () => {
  const root = await repository({ ".gitignore": "*.log\n", "a.ts": undefined });
  write(root, { "lib/.gitignore": "*.tmp\n", "lib/b.ts": undefined, "lib/x.log": undefined, "lib/y.tmp": undefined });
  git(join(root, "lib"), "init", "-q");
  write(root, { "lib/deep/er/c.ts": undefined });
  git(join(root, "lib/deep/er"), "init", "-q");
  git(join(root, "lib/deep/er"), "add", "c.ts");
  git(join(root, "lib/deep/er"), "commit", "-qm", "c");
  expect(await list(root)).toEqual([
    ".gitignore",
    "a.ts",
    "lib/.gitignore",
    "lib/b.ts",
    "lib/deep/er/c.ts",
    "lib/x.log",
  ]);
});

test("submodules are entered where they are checked out", async () => {
  const library = await repository({ "lib.c": undefined, ".gitignore": "*.o\n" });
  const root = await repository({ "main.c": undefined });
  git(root, "submodule", "add", "-q", library, "vendor/here");
  git(root, "submodule", "add", "-q", library, "vendor/away");
  git(root, "commit", "-qm", "submodules");
  git(root, "submodule", "deinit", "-q", "-f", "vendor/away");
  write(root, { "vendor/here/lib.o": undefined, "vendor/here/new.c": undefined });
  const files = [".gitmodules", "main.c", "vendor/here/.gitignore", "vendor/here/lib.c", "vendor/here/new.c"];
  expect(await list(root)).toEqual(files);
});

test("a worktree of the same repository within the workspace is not indexed over again", async () => {
  const root = await repository({ "a.ts": undefined, "sub/b.ts": undefined });
  git(root, "worktree", "add", "-q", join(root, "trees/feature"));
  expect(await list(root)).toEqual(["a.ts", "sub/b.ts", "trees/feature: linked-worktree"]);
  expect(await list(join(root, "trees/feature"))).toEqual(["a.ts", "sub/b.ts"]);
});

test("a repository in the place of a tracked file is found once", async () => {
  const root = await repository({ thing: undefined });
  await rm(join(root, "thing"));
  write(root, { "thing/a.ts": undefined });
  git(join(root, "thing"), "init", "-q");
  git(join(root, "thing"), "add", "a.ts");
  git(join(root, "thing"), "commit", "-qm", "a");
  expect(await list(root)).toEqual(["thing/a.ts"]);
});

test("a folder of repositories is a workspace", async () => {
  const root = await temporaryFolder();
  write(root, { "notes.md": undefined, "one/a.ts": undefined, "one/.gitignore": "b.ts\n", "one/b.ts": undefined });
  write(root, { "deep/two/c.ts": undefined, "deep/d.ts": undefined });
  git(join(root, "one"), "init", "-q");
  git(join(root, "deep/two"), "init", "-q");
  expect(await list(root)).toEqual(["deep/d.ts", "deep/two/c.ts", "notes.md", "one/.gitignore", "one/a.ts"]);
});

test("environment variables of a git hook do not lead to another repository", async () => {
  const other = await repository({ "other.ts": undefined });
  const root = await repository({ "a.ts": undefined });
  process.env["GIT_DIR"] = join(other, ".git");
  process.env["GIT_INDEX_FILE"] = join(other, ".git/index");
  onTestFinished(() => {
    delete process.env["GIT_DIR"];
    delete process.env["GIT_INDEX_FILE"];
  });
  expect(await list(root)).toEqual(["a.ts"]);
});

test.runIf(isPosix)("a program named by the repository's configuration is not run", async () => {
  const root = await repository({ "a.ts": undefined });
  write(root, { "monitor.sh": `#!/bin/sh\ntouch ${root}/run\n` });
  await chmod(join(root, "monitor.sh"), 0o755);
  git(root, "config", "core.fsmonitor", join(root, "monitor.sh"));
  expect(await list(root)).toEqual(["a.ts", "monitor.sh"]);
});

test("a repository that git cannot use is walked, and that is told", async () => {
  const root = await repository({ ".gitignore": "*.log\n", "a.ts": undefined });
  write(root, { "x.log": undefined, ".git/config": "[core\n" });
  const notices: NoticeEvent[] = [];
  expect(await list(root, { onNotice: (notice) => notices.push(notice) })).toEqual([".gitignore", "a.ts"]);
  expect(notices).toEqual([{ type: "notice", code: "GIT_UNUSABLE", message: expect.stringContaining("bad config") }]);
});

test("a bare repository is refused, and so is git's part of any other; within a workspace they are folders", async () => {
  const folder = await temporaryFolder();
  const bare = join(folder, "bare.git");
  git(folder, "init", "-q", "--bare", bare);
  for (const path of [bare, join(bare, "objects"), join(await repository({}), ".git")])
    await expect(list(path)).rejects.toMatchObject({ code: "GIT_BARE_REPOSITORY" });
  write(folder, { "a.ts": undefined });
  expect(await list(folder)).toContain("a.ts");
});

test("a damaged git index does not lose files", async () => {
  const root = await repository({ ".gitignore": "*.log\n", "a.ts": undefined });
  write(root, { "x.log": undefined, ".git/index": "garbage" });
  expect(await list(root)).toEqual([".gitignore", "a.ts"]);
});

test("without git installed, a repository is walked", async () => {
  const root = await repository({ ".gitignore": "*.log\n", "a.ts": undefined });
  write(root, { "x.log": undefined });
  const path = process.env["PATH"];
  process.env["PATH"] = await temporaryFolder();
  onTestFinished(() => {
    process.env["PATH"] = path;
  });
  const notices: NoticeEvent[] = [];
  expect(await list(root, { onNotice: (notice) => notices.push(notice) })).toEqual([".gitignore", "a.ts"]);
  expect(notices.map((notice) => notice.message)).toEqual([expect.stringContaining("git cannot be started")]);
});

test("a list that git breaks off is a failure, not an empty folder", async () => {
  const root = await temporaryFolder();
  write(root, {
    "bin/git":
      "#!/bin/sh\ncase \"$*\" in *check-ignore*) exit 1;; esac\nprintf 'a.ts\\0'\necho 'fatal: gone' >&2\nexit 128\n",
    "a.ts": undefined,
  });
  await chmod(join(root, "bin/git"), 0o755);
  const path = process.env["PATH"];
  process.env["PATH"] = `${root}/bin:${path}`;
  onTestFinished(() => {
    process.env["PATH"] = path;
  });
  await expect(discover(root)).rejects.toMatchObject({ code: "GIT_FAILED", message: expect.stringContaining("gone") });
});

test("elsewhere the folder is walked in order, without version control and dependency folders", async () => {
  const root = await temporaryFolder();
  write(root, { "b.ts": undefined, "a/z.ts": undefined, "a/b/c.ts": undefined, "c.ts": undefined });
  write(root, { "node_modules/x/i.js": undefined, "a/node_modules/y.js": undefined, ".venv/p.py": undefined });
  write(root, { "__pycache__/m.py": undefined, ".hg/store": undefined, ".svn/entries": undefined });
  const found = await discover(root);
  expect(found.map((file) => file.path)).toEqual(["a/b/c.ts", "a/z.ts", "b.ts", "c.ts"]);
});

test("dependency folders are found where somebody wants them", async () => {
  const walked = await temporaryFolder();
  write(walked, { ".gitignore": "!node_modules/\n", "node_modules/a.js": undefined });
  expect(await list(walked)).toEqual([".gitignore", "node_modules/a.js"]);

  const root = await repository({ "vendored/node_modules/a.js": undefined });
  write(root, { "node_modules/b.js": undefined, ".venv/c.py": undefined });
  expect(await list(root)).toEqual(["vendored/node_modules/a.js"]);
});

test.each(["git", "no git"])(".resonaignore takes away at any depth, with %s", async (kind) => {
  const folder = await temporaryFolder();
  if (kind === "git") git(folder, "init", "-q");
  write(folder, { ".resonaignore": "*.gen.ts\n/data/\n", "a.gen.ts": undefined, "data/x.txt": undefined });
  write(folder, {
    "src/.resonaignore": "!keep.gen.ts\nlocal/\n",
    "src/keep.gen.ts": undefined,
    "src/b.gen.ts": undefined,
  });
  write(folder, { "src/local/l.ts": undefined, "local/l.ts": undefined, "src/data/d.ts": undefined });
  if (kind === "git") git(folder, "add", "--all");
  expect(await list(folder)).toEqual([
    ".resonaignore",
    "local/l.ts",
    "src/.resonaignore",
    "src/data/d.ts",
    "src/keep.gen.ts",
  ]);
});

test.each(["git", "no git"])("globs exclude files, and folders with all that is in them, with %s", async (kind) => {
  const root = await temporaryFolder();
  if (kind === "git") git(root, "init", "-q");
  write(root, { "a.ts": undefined, "a.log": undefined, "src/b.ts": undefined, "src/old/c.log": undefined });
  write(root, {
    "out/x.js": undefined,
    "src/out/y/z.js": undefined,
    "docs/api/i.md": undefined,
    "docs/g.md": undefined,
  });
  if (kind === "git") git(root, "add", "--all");
  write(root, { "src/d.log": undefined, "docs/api/new.md": undefined });
  const exclude = ["*.log", "out", "/docs/api"];
  expect(await list(root, { exclude })).toEqual([
    "a.log: excluded",
    "a.ts",
    "docs/api: excluded",
    "docs/g.md",
    "out: excluded",
    "src/b.ts",
    "src/d.log: excluded",
    "src/old/c.log: excluded",
    "src/out: excluded",
  ]);
  expect(await list(root, { exclude: [] })).toHaveLength(10);
});

test.runIf(isPosix).each(["git", "no git"])("an excluded folder is not looked into, with %s", async (kind) => {
  const root = await temporaryFolder();
  if (kind === "git") git(root, "init", "-q");
  write(root, { "a.ts": undefined, "dist/b.ts": undefined, "data/sub/c.ts": undefined });
  // git does not even name what it was kept from looking at.
  const pruned = kind === "git" ? [] : ["data/sub: excluded", "dist: excluded"];
  expect(await list(root, { exclude: ["dist", "/data/sub"] })).toEqual(["a.ts", ...pruned]);
  for (const folder of ["dist", "data/sub"]) {
    await chmod(join(root, folder), 0o000);
    onTestFinished(() => chmod(join(root, folder), 0o755));
  }
  await chmod(root, 0o755);
  becomeNobody();
  const found = await list(root, { exclude: ["dist", "data/sub"] });
  expect(found.filter((one) => !one.endsWith(": excluded"))).toEqual(["a.ts"]);
});

test("what is ignored is not found as excluded, and what is excluded need not be ignored", async () => {
  for (const kind of ["git", "no git"]) {
    const root = await temporaryFolder();
    if (kind === "git") git(root, "init", "-q");
    write(root, {
      ".gitignore": "build/\n",
      ".resonaignore": "/drafts/\n",
      "build/a.js": undefined,
      "drafts/b.md": "",
    });
    write(root, { "lib/build/c.js": undefined, "lib/drafts/d.md": undefined });
    if (kind === "git") git(root, "add", "--all", ".");
    expect(await list(root, { exclude: ["build", "drafts"] })).toEqual([
      ".gitignore",
      ".resonaignore",
      "lib/drafts: excluded",
    ]);
  }
});

test("a workspace within a folder whose name is excluded is found all the same", async () => {
  const root = await repository({ "dist/app/a.ts": undefined, "dist/app/dist/b.ts": undefined });
  write(root, { "dist/app/new.ts": undefined, "dist/app/x/dist/app/c.ts": undefined });
  expect(await list(join(root, "dist/app"), { exclude: ["dist", "/x/dist"] })).toEqual([
    "a.ts",
    "dist: excluded",
    "new.ts",
    "x/dist: excluded",
  ]);
});

test("nested repositories and submodules can be excluded, and paths in them", async () => {
  const library = await repository({ "lib.c": undefined, "gen/lib.h": undefined });
  const root = await repository({ "main.c": undefined });
  git(root, "submodule", "add", "-q", library, "vendor/one");
  git(root, "submodule", "add", "-q", library, "vendor/two");
  git(root, "commit", "-qm", "submodules");
  write(root, { "vendor/one/out/x.c": undefined, "vendor/one/gen/new.h": undefined });
  const exclude = ["vendor/two", "vendor/one/gen", "out", "**/.git"];
  const found = await list(root, { exclude });
  expect(found.filter((one) => !one.startsWith("vendor/one/out"))).toEqual([
    ".gitmodules",
    "main.c",
    "vendor/one/gen: excluded",
    "vendor/one/lib.c",
    "vendor/two: excluded",
  ]);
  expect(found).not.toContain("vendor/one/out/x.c");
});

test("the index is never found, wherever it lies in the workspace", async () => {
  for (const root of [await repository({ "a.ts": undefined }), await temporaryFolder()]) {
    write(root, {
      "a.ts": undefined,
      ".resona/data.txt": undefined,
      "sub/index/b.txt": undefined,
      "sub/indexes.ts": undefined,
    });
    expect(await list(root, { indexPath: join(root, "sub/index") })).toEqual([
      ".resona/data.txt",
      "a.ts",
      "sub/indexes.ts",
    ]);
    await symlink(root, `${root}-link`);
    onTestFinished(() => rm(`${root}-link`));
    expect(await list(root, { indexPath: `${root}-link/.resona` })).toEqual([
      "a.ts",
      "sub/index/b.txt",
      "sub/indexes.ts",
    ]);
    expect(await list(`${root}-link`, { indexPath: `${root}-link/.resona` })).toEqual([
      "a.ts",
      "sub/index/b.txt",
      "sub/indexes.ts",
    ]);
  }
});

test.each(["git", "no git"])("symbolic links are not followed, with %s", async (kind) => {
  const root = await temporaryFolder();
  const outside = await temporaryFolder();
  write(outside, { "secret.txt": undefined });
  if (kind === "git") git(root, "init", "-q");
  write(root, { "a.ts": undefined, "folder/b.ts": undefined });
  await symlink("a.ts", join(root, "to-file"));
  await symlink("folder", join(root, "to-folder"));
  await symlink("..", join(root, "folder/up"));
  await symlink(join(outside, "secret.txt"), join(root, "out-file"));
  await symlink(outside, join(root, "out-folder"));
  await symlink("nowhere", join(root, "dangling"));
  await symlink("circle", join(root, "circle"));
  if (kind === "git") git(root, "add", "--all");
  expect(await list(root)).toEqual([
    "a.ts",
    "circle: unreadable",
    "dangling: unreadable",
    "folder/b.ts",
    "out-file: outside-link",
    "out-folder: outside-link",
  ]);
});

test("tracked files below a folder that was replaced by a link are not read through it", async () => {
  const root = await repository({ "a/x.ts": undefined, "b/y.ts": undefined });
  const outside = await temporaryFolder();
  write(outside, { "x.ts": undefined });
  await rm(join(root, "a"), { recursive: true });
  await symlink(outside, join(root, "a"));
  expect(await list(root)).toEqual(["a: outside-link", "b/y.ts"]);
});

test.runIf(isPosix)("a pipe is skipped and does not block", async () => {
  const root = await temporaryFolder();
  execFileSync("mkfifo", [join(root, "pipe"), join(root, ".gitignore"), join(root, ".resonaignore")]);
  expect(await list(root)).toEqual([".gitignore: not-a-file", ".resonaignore: not-a-file", "pipe: not-a-file"]);
});

test.runIf(process.platform === "linux").each(["git", "no git"])("any name is found or told, with %s", async (kind) => {
  const root = await temporaryFolder();
  if (kind === "git") git(root, "init", "-q");
  const names = [
    "a b.ts",
    "q'\"uote.ts",
    "new\nline.ts",
    "back\\slash.ts",
    "größe.ts",
    "😀.ts",
    "%FF.ts",
    "-x.ts",
    " ",
  ];
  for (const name of names) writeFileSync(join(root, name), "text");
  const bad = [Buffer.from([0xff]), Buffer.from([0xfe]), Buffer.from("%FF"), Buffer.from([0xc3, 0x28])];
  for (const name of bad) writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), "text");
  expect(await list(root)).toEqual(
    [...names, "%FF", "./%C3(: unsupported-name", "./%FE: unsupported-name", "./%FF: unsupported-name"].toSorted(),
  );
});

test("what is not worth reading is skipped with the reason", async () => {
  const root = await temporaryFolder();
  write(root, {
    "yarn.lock": undefined,
    "logo.png": undefined,
    "a.min.js": undefined,
    "empty.ts": "",
    "fits.ts": "12345",
  });
  write(root, { "large.ts": "123456" });
  await truncate(join(root, "large.ts"), 3_000_000_000);
  expect(await list(root, { maxFileBytes: 5 })).toEqual([
    "a.min.js: minified",
    "empty.ts: empty",
    "fits.ts",
    "large.ts: too-large",
    "logo.png: binary",
    "yarn.lock: lock-file",
  ]);
});

test("a workspace must be a folder that exists", async () => {
  const root = await temporaryFolder();
  write(root, { file: undefined });
  await expect(discover(join(root, "missing"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
  await expect(discover(join(root, "file"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_A_FOLDER" });
  await expect(discover(join(root, "file/below"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
  await expect(discover("nul\0")).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
});

test.runIf(isPosix)("a workspace that may not be read is an error, a folder in it is skipped", async () => {
  const root = await temporaryFolder();
  write(root, { "closed/a.ts": undefined, "open/b.ts": undefined, "unsearchable/c.ts": undefined });
  await chmod(root, 0o755);
  await chmod(join(root, "closed"), 0o000);
  await chmod(join(root, "unsearchable"), 0o444);
  onTestFinished(() => chmod(join(root, "closed"), 0o755));
  becomeNobody();
  expect(await list(root)).toEqual(["closed: unreadable", "open/b.ts", "unsearchable/c.ts: unreadable"]);
  await expect(discover(join(root, "closed"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_READABLE" });
  await expect(discover(join(root, "unsearchable"))).rejects.toMatchObject({ code: "WORKSPACE_NOT_READABLE" });
});

test("an abort stops the search with its reason", async () => {
  for (const root of [await repository({ "a.ts": undefined, "b.ts": undefined }), await temporaryFolder()]) {
    write(root, { "a.ts": undefined, "b.ts": undefined });
    const controller = new AbortController();
    const found: string[] = [];
    const searching = async (): Promise<void> => {
      const options = { maxFileBytes: 10, indexPath: join(root, ".resona"), signal: controller.signal };
      for await (const file of discoverFiles(root, options)) {
        found.push(file.path);
        controller.abort(new Error("enough"));
      }
    };
    await expect(searching()).rejects.toThrow("enough");
    expect(found).toHaveLength(1);
  }
});

test("the count is that of the files found, up to a limit", async () => {
  const root = await temporaryFolder();
  write(root, { "a.ts": undefined, "b.png": undefined, ".resonaignore": "c.ts\n", "c.ts": undefined });
  const options = { maxFileBytes: 1_048_576, indexPath: join(root, ".resona") };
  expect(await countFiles(root, options)).toBe((await discover(root)).length);
  expect(await countFiles(root, options, 2)).toBe(2);
  expect(await countFiles(root, options, 0)).toBe(0);
  await expect(countFiles(join(root, "missing"), options)).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
});
