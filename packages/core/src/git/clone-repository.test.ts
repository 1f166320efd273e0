import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { outputOf } from "../../test/index-process.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import type { CloneProgress } from "./clone-progress.ts";
import { type ClonedRepository, cloneOrUpdate } from "./clone-repository.ts";
import { remoteRepository, replaceGit, startClone, text, url } from "./clone.test-helper.ts";
import { commitAll, headOf, opened } from "./git.test-helper.ts";
import { readCommits } from "./read-commits.ts";

/** The objects that a clone does not have. */
function missing(folder: string): string[] {
  const lines = git(folder, "rev-list", "--objects", "--all", "--missing=print").split("\n");
  return lines.filter((line) => line.startsWith("?")).map((line) => line.slice(1));
}

test("a repository is cloned without its past files, and its history can be read", async () => {
  const remote = await remoteRepository({ "a.ts": "0", "src/b.ts": "b" });
  const past = git(remote, "rev-parse", "HEAD:a.ts").trim();
  write(remote, { "a.ts": "1" });
  const head = commitAll(remote, "second");
  const cache = await temporaryFolder();
  const progress: CloneProgress[] = [];
  const cloned = await cloneOrUpdate(url(remote), cache, { onProgress: (step) => progress.push(step) });
  expect(cloned).toEqual({ folder: expect.stringContaining(cache), head, updated: true });
  expect([text(cloned.folder, "a.ts"), text(cloned.folder, "src/b.ts")]).toEqual(["1", "b"]);
  expect(missing(cloned.folder)).toEqual([past]);
  const { commits } = await readCommits(await opened(cloned.folder), { isWanted: () => true });
  expect((await Array.fromAsync(commits)).map(({ subject }) => subject)).toEqual(["second", "first"]);
  expect(missing(cloned.folder)).toEqual([past]);
  expect(progress).toContainEqual({ activity: "Receiving objects", percent: 100 });
});

test.each(["ignores", "refuses"])("a server that %s filters sends everything", async (kind) => {
  const remote = await repository({ "a.ts": "0" });
  if (kind === "refuses") {
    git(remote, "config", "uploadpack.allowFilter", "true");
    git(remote, "config", "uploadpackfilter.allow", "false");
  }
  write(remote, { "a.ts": "1" });
  const head = commitAll(remote, "second");
  const cache = await temporaryFolder();
  const cloned = await cloneOrUpdate(url(remote), cache);
  expect(cloned).toMatchObject({ head, updated: true });
  expect(missing(cloned.folder)).toEqual([]);
  write(remote, { "a.ts": "2" });
  const next = commitAll(remote, "third");
  expect(await cloneOrUpdate(url(remote), cache)).toMatchObject({ head: next, updated: true });
});

test("the next time it is updated, and whatever was changed in the clone is undone", async () => {
  const remote = await remoteRepository({ "a.ts": "0", "b.ts": "0" });
  const cache = await temporaryFolder();
  const { folder } = await cloneOrUpdate(url(remote), cache);
  const config = readFileSync(join(folder, ".git/config"));
  const again = await cloneOrUpdate(url(remote), cache);
  expect(again).toEqual({ folder, head: headOf(remote), updated: false });

  write(remote, { "a.ts": "1", "new.ts": "1" });
  rmSync(join(remote, "b.ts"));
  commitAll(remote, "second");
  write(folder, { "a.ts": "changed", ".git/index.lock": "" });
  rmSync(join(folder, "b.ts"));
  expect(await cloneOrUpdate(url(remote), cache)).toEqual({ folder, head: headOf(remote), updated: true });
  expect(["a.ts", "b.ts", "new.ts"].map((path) => text(folder, path))).toEqual(["1", undefined, "1"]);
  expect(git(folder, "status", "--porcelain")).toBe("");
  expect(readFileSync(join(folder, ".git/config"))).toEqual(config);

  // History is rewritten, and the default branch becomes another one.
  git(remote, "checkout", "-q", "--orphan", "other");
  write(remote, { "a.ts": "other" });
  const other = commitAll(remote, "unrelated");
  expect(await cloneOrUpdate(url(remote), cache)).toEqual({ folder, head: other, updated: true });
  expect(text(folder, "a.ts")).toBe("other");
});

test("branches are kept apart", async () => {
  const remote = await remoteRepository({ "a.ts": "main" });
  const main = headOf(remote);
  git(remote, "tag", "v1");
  git(remote, "checkout", "-qb", "feature/x");
  write(remote, { "a.ts": "feature" });
  const feature = commitAll(remote, "feature");
  git(remote, "checkout", "-q", "-");
  const cache = await temporaryFolder();
  const one = await cloneOrUpdate(url(remote), cache);
  const two = await cloneOrUpdate(url(remote), cache, { branch: "feature/x" });
  expect([one.head, two.head]).toEqual([main, feature]);
  expect([text(one.folder, "a.ts"), text(two.folder, "a.ts")]).toEqual(["main", "feature"]);
  expect(await cloneOrUpdate(url(remote), cache, { branch: "feature/x" })).toEqual({ ...two, updated: false });

  for (const branch of ["missing", "v1"]) {
    await expect(cloneOrUpdate(url(remote), cache, { branch })).rejects.toMatchObject({ code: "GIT_BRANCH_NOT_FOUND" });
  }
  git(remote, "branch", "-D", "feature/x");
  const gone = cloneOrUpdate(url(remote), cache, { branch: "feature/x" });
  await expect(gone).rejects.toMatchObject({ code: "GIT_BRANCH_NOT_FOUND" });
  expect(text(two.folder, "a.ts")).toBe("feature");
  const option = cloneOrUpdate(url(remote), cache, { branch: "--upload-pack=touch x" });
  await expect(option).rejects.toMatchObject({ code: "GIT_BRANCH_REFUSED" });
});

test("a repository without commits is an empty folder until it has some", async () => {
  const remote = await temporaryFolder();
  git(remote, "init", "-q");
  const cache = await temporaryFolder();
  const { folder } = await cloneOrUpdate(url(remote), cache);
  expect(await cloneOrUpdate(url(remote), cache)).toEqual({ folder, head: undefined, updated: false });
  write(remote, { "a.ts": "0" });
  const head = commitAll(remote, "first");
  expect(await cloneOrUpdate(url(remote), cache)).toEqual({ folder, head, updated: true });
  expect(text(folder, "a.ts")).toBe("0");
});

test("bare repositories and those of SHA-256 can be cloned", async () => {
  const remote = await temporaryFolder();
  git(remote, "init", "-q", "--object-format=sha256");
  write(remote, { "a.ts": "0" });
  const head = commitAll(remote, "first");
  const bare = join(await temporaryFolder(), "bare.git");
  git(remote, "clone", "-q", "--bare", ".", bare);
  const cache = await temporaryFolder();
  expect(await cloneOrUpdate(url(bare), cache)).toMatchObject({ head, updated: true });
  expect(await cloneOrUpdate(url(bare), cache)).toMatchObject({ head, updated: false });
});

test("a clone that was damaged is made anew, and no repository around the cache is touched", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const around = await repository({ "mine.ts": "mine" });
  write(around, { "mine.ts": "changed" });
  const cache = join(around, "cache");
  const { folder, head } = await cloneOrUpdate(url(remote), cache);
  for (const damage of [".git/HEAD", ".git/config", ".git/objects", ".git"]) {
    rmSync(join(folder, damage), { recursive: true });
    expect(await cloneOrUpdate(url(remote), cache)).toEqual({ folder, head, updated: true });
    expect(text(folder, "a.ts")).toBe("0");
  }
  expect(text(around, "mine.ts")).toBe("changed");
  expect(readdirSync(dirname(folder))).toEqual(["tree"]);
});

test("what a hostile repository brings along is not run", async () => {
  const bin = await temporaryFolder();
  const evil = join(bin, "evil");
  writeFileSync(evil, `#!/bin/sh\ntouch ${bin}/run\n`, { mode: 0o755 });
  const library = await repository({ "lib.c": undefined });
  const remote = await remoteRepository({ ".gitattributes": "* filter=evil diff=evil merge=evil\n", "a.ts": "0" });
  write(remote, { ".githooks/post-checkout": "#!/bin/sh\nexit 1\n", ".resona/index.json": "{}" });
  git(remote, "submodule", "add", "-q", url(library), "sub");
  commitAll(remote, "second");
  // Hooks that a template or the user's own settings would bring in are not wanted either.
  const home = await temporaryFolder();
  mkdirSync(join(home, "template/hooks"), { recursive: true });
  for (const hook of ["post-checkout", "reference-transaction", "post-index-change"]) {
    writeFileSync(join(home, "template/hooks", hook), `#!/bin/sh\ntouch ${bin}/run\n`, { mode: 0o755 });
  }
  const settings = `[init]\ntemplateDir = ${home}/template\n[core]\nhooksPath = ${home}/template/hooks\nfsmonitor = ${evil}\n`;
  writeFileSync(join(home, "gitconfig"), `${settings}[submodule]\nrecurse = true\n`);
  const before = process.env["GIT_CONFIG_GLOBAL"];
  process.env["GIT_CONFIG_GLOBAL"] = join(home, "gitconfig");
  onTestFinished(() => {
    process.env["GIT_CONFIG_GLOBAL"] = before;
  });
  const cache = await temporaryFolder();
  const { folder } = await cloneOrUpdate(url(remote), cache);
  write(remote, { "a.ts": "1" });
  commitAll(remote, "third");
  await cloneOrUpdate(url(remote), cache);
  expect(text(folder, "a.ts")).toBe("1");
  expect(readdirSync(join(folder, "sub"))).toEqual([]);
  expect(readdirSync(bin)).toEqual(["evil"]);
});

test("processes that want the same repository at once get the same clone, which one of them makes", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const cache = await temporaryFolder();
  const children = [1, 2].map(() => startClone(remote, cache, process.env["PATH"] ?? ""));
  const outputs = await Promise.all(children.map((child) => outputOf(child)));
  const results = outputs.map((output) => JSON.parse(output.trim().split("\n").at(-1)!) as ClonedRepository);
  expect(results.filter(({ updated }) => updated)).toHaveLength(1);
  expect(new Set(results.map(({ folder }) => folder)).size).toBe(1);
});

test("http is refused without a word to the server", async () => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end();
  });
  server.on("connection", () => requests++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const cache = await temporaryFolder();
  const http = cloneOrUpdate(`http://me:secret@127.0.0.1:${port}/a`, cache);
  await expect(http).rejects.toMatchObject({
    code: "GIT_URL_REFUSED",
    message: `The repository URL http://…@127.0.0.1:${port}/a is refused: http:// is not taken.`,
  });
  // Neither if the user's settings lead there.
  const home = await temporaryFolder();
  writeFileSync(join(home, "gitconfig"), `[url "http://127.0.0.1:${port}/"]\ninsteadOf = https://example.invalid/\n`);
  const before = process.env["GIT_CONFIG_GLOBAL"];
  process.env["GIT_CONFIG_GLOBAL"] = join(home, "gitconfig");
  onTestFinished(() => {
    process.env["GIT_CONFIG_GLOBAL"] = before;
  });
  const led = cloneOrUpdate("https://example.invalid/a", cache);
  await expect(led).rejects.toMatchObject({
    code: "GIT_CLONE_FAILED",
    message: expect.stringContaining("not allowed"),
  });
  expect(requests).toBe(0);
});

test("a server that speaks no TLS, a closed port and a missing repository are told apart, and leave nothing", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cache = await temporaryFolder();
  const address = `https://me:s3cret@127.0.0.1:${port}/a`;
  const failure = { code: "GIT_UNREACHABLE", message: expect.not.stringContaining("s3cret") };
  await expect(cloneOrUpdate(address, cache)).rejects.toMatchObject(failure);
  server.close();
  await once(server, "close");
  await expect(cloneOrUpdate(address, cache)).rejects.toMatchObject(failure);
  const nowhere = cloneOrUpdate(url(join(cache, "nowhere")), cache);
  await expect(nowhere).rejects.toMatchObject({ code: "GIT_REPOSITORY_NOT_FOUND" });
  for (const name of readdirSync(cache)) expect(readdirSync(join(cache, name))).toEqual([]);
});

test("a clone stays as it is while its repository cannot be reached", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const cache = await temporaryFolder();
  const { folder } = await cloneOrUpdate(url(remote), cache);
  rmSync(remote, { recursive: true });
  await expect(cloneOrUpdate(url(remote), cache)).rejects.toMatchObject({ code: "GIT_REPOSITORY_NOT_FOUND" });
  expect(text(folder, "a.ts")).toBe("0");
});

test("without git, with a full disk and where nothing can be written, the error says so", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const cache = await temporaryFolder();
  write(cache, { file: undefined });
  const blocked = cloneOrUpdate(url(remote), join(cache, "file"));
  await expect(blocked).rejects.toMatchObject({ code: "GIT_CACHE_NOT_WRITABLE" });
  await replaceGit(`case "$*" in *clone*) echo "fatal: write error: No space left on device" >&2; exit 128;; esac
    exec $GIT "$@"`);
  await expect(cloneOrUpdate(url(remote), cache)).rejects.toMatchObject({ code: "GIT_DISK_FULL" });
  process.env["PATH"] = await temporaryFolder();
  await expect(cloneOrUpdate(url(remote), cache)).rejects.toMatchObject({ code: "GIT_NOT_INSTALLED" });
});
