import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { cli, workspaceWith } from "../testing/run-cli.ts";

const hermetic = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

function git(cwd: string, ...args: readonly string[]): void {
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...author, ...args], { cwd, stdio: "pipe", env: { ...process.env, ...hermetic } });
}

const noGit = { PATH: "/nowhere" };

/** As a damaged disk would. */
async function removeObject(cwd: string, name: string): Promise<void> {
  const hash = execFileSync("git", ["rev-parse", name], { cwd, encoding: "utf8" }).trim();
  await rm(join(cwd, ".git/objects", hash.slice(0, 2), hash.slice(2)), { force: true });
}

async function repository(): Promise<string> {
  const cwd = await workspaceWith({ "src/retry.ts": "export function retry() {}\n", "logo.png": "\u0089PNG\r\n\0" });
  git(cwd, "init", "--quiet", "--initial-branch=main");
  git(cwd, "add", "src");
  git(cwd, "commit", "--quiet", "-m", "Retry failed uploads\n\nThe server drops connections under load.");
  git(cwd, "add", "logo.png");
  git(cwd, "commit", "--quiet", "-m", "A picture of a parrot");
  return cwd;
}

describe("search --commits", () => {
  test("finds the commits that touched indexed files, and after the first time reads only new ones", async () => {
    const cwd = await repository();
    const first = await cli(["search", "--commits", "server", "drops", "connections"], { cwd });
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(
      /^[\da-f]{10} {2}\d\.\d{3} {2}\d{4}-\d\d-\d\d {2}Ada\n {2}Retry failed uploads\n {2}src\/retry\.ts\n$/,
    );
    expect(first.stderr).toContain("Indexed 1 commit.");
    await writeFile(join(cwd, "src/wait.py"), "def wait():\n    pass\n");
    git(cwd, "add", "src/wait.py");
    git(cwd, "commit", "--quiet", "-m", "Wait with jitter between attempts");
    const second = await cli(["search", "--commits", "--json", "jitter"], { cwd });
    expect(JSON.parse(second.stdout)).toMatchObject({
      command: "search --commits",
      hits: [{ subject: "Wait with jitter between attempts", paths: ["src/wait.py"], pathCount: 1 }, {}],
    });
    const third = await cli(["search", "--commits", "jitter"], { cwd });
    expect(third.stderr).toBe("");
  });

  test("without a history or a refresh names the command that makes one", async () => {
    const cwd = await repository();
    await cli(["index"], { cwd });
    const refused = await cli(["search", "--commits", "--no-refresh", "retry"], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error\[NO_INDEX\]: .*\nRun `resona index --commits` first\.\n$/);
  });

  test("counts the first history in the document of index, and the commits that there are in that of stats", async () => {
    const cwd = await repository();
    const counts = async (...argv: string[]) => {
      const { stdout } = await cli([...argv, "--json"], { cwd });
      const { commits, commitsIndexed } = JSON.parse(stdout) as Record<string, unknown>;
      return { commits, commitsIndexed };
    };
    expect(await counts("index")).toMatchObject({ commitsIndexed: null });
    expect(await counts("stats")).toMatchObject({ commits: null });
    expect(await counts("index", "--commits")).toMatchObject({ commitsIndexed: 1 });
    expect(await counts("index", "--commits")).toMatchObject({ commitsIndexed: 0 });
    expect(await counts("stats")).toMatchObject({ commits: 1 });
    expect((await cli(["stats"], { cwd })).stdout).toMatch(/\nChunks +1\nCommits +1\n/);
  });

  test("goes on being kept current by every command, and tells which commit a file is of", async () => {
    const cwd = await repository();
    await cli(["index", "--commits"], { cwd });
    await writeFile(join(cwd, "src/wait.py"), "def wait():\n    pass\n");
    git(cwd, "add", "src/wait.py");
    git(cwd, "commit", "--quiet", "-m", "Wait with jitter between attempts");
    const indexed = await cli(["index"], { cwd });
    expect(indexed.stderr).toBe("Indexed 1 commit.\n");
    const head = execFileSync("git", ["rev-parse", "HEAD"], { cwd, encoding: "utf8" }).trim();
    const found = await cli(["search", "wait"], { cwd });
    expect(found.stdout).toMatch(
      new RegExp(`^src/wait\\.py:1-2 {2}[\\d.]+ {2}python {2}wait {2}${head.slice(0, 10)}\\n`),
    );
    const json = await cli(["search", "--json", "wait"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      hits: [{ path: "src/wait.py", lastCommit: head }, {}],
      refresh: { commitsIndexed: 0 },
    });
    git(cwd, "commit", "--quiet", "--amend", "-m", "Wait for a while");
    const amended = await cli(["search", "--commits", "--json", "retry or wait"], { cwd });
    const { hits } = JSON.parse(amended.stdout) as { hits: { subject: string }[] };
    expect(hits.map(({ subject }) => subject).toSorted()).toEqual(["Retry failed uploads", "Wait for a while"]);
  });

  test("searches what is there while somebody else is writing", async () => {
    const cwd = await repository();
    await cli(["index", "--commits"], { cwd });
    await mkdir(join(cwd, ".resona/writer.lock"));
    await writeFile(join(cwd, ".resona/writer.json"), '{ "pid": 7, "host": "elsewhere", "since": "today" }');
    const found = await cli(["search", "--commits", "retry"], { cwd });
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining("Retry failed uploads") as string });
    expect(found.stderr).toMatch(/^note: .* Searching what is there\.\n$/);
  });

  test("says that there are none where there is no repository, and refuses what is about files", async () => {
    const cwd = await workspaceWith({ "a.txt": "text" });
    const none = await cli(["search", "--commits", "x"], { cwd });
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toMatch(/\nnote: There are no commits to index: not a git repository .*\nNothing found\.\n$/);
    const refused = await cli(["search", "--commits", "--language", "go", "x"], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error\[USAGE\]: --path, --language and --explain are about files\.\n/);
  });
});

describe("a repository that is not as usual", () => {
  const partOnly = "note: git can read only a part of the history of ";
  const noCommits = (reason: string) => ({ note: `note: There are no commits to index: ${reason}`, commits: 0 });
  test.each<
    [what: string, prepare: (cwd: string) => unknown, expected: { note: string; commits: number; env?: typeof noGit }]
  >([
    ["without commits", (cwd) => git(cwd, "update-ref", "-d", "HEAD"), noCommits("nothing has been committed yet.")],
    ["with a detached head", (cwd) => git(cwd, "checkout", "--quiet", "--detach", "HEAD^"), { note: "", commits: 1 }],
    ["with a damaged configuration", (cwd) => writeFile(join(cwd, ".git/config"), "[core\n"), noCommits("bad config")],
    ["with a head that is missing", (cwd) => removeObject(cwd, "HEAD"), { note: partOnly, commits: 0 }],
    [
      "with a broken object",
      async (cwd) => {
        await writeFile(join(cwd, "src/retry.ts"), "export function retryAgain() {}\n");
        git(cwd, "commit", "--quiet", "-am", "Retry again");
        await removeObject(cwd, "HEAD~2^{tree}");
      },
      { note: partOnly, commits: 1 },
    ],
    ["where git is not installed", () => undefined, { ...noCommits("git cannot be started."), env: noGit }],
  ])("%s is indexed, and its history as far as there is one", async (_, prepare, { note, commits, env }) => {
    const cwd = await repository();
    await prepare(cwd);
    const at = { cwd, env: { ...hermetic, ...env } };
    const plain = await cli(["index"], at);
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Indexed 1 file /) as string });
    const indexed = await cli(["index", "--commits", "--json"], at);
    expect(indexed.code).toBe(0);
    expect(JSON.parse(indexed.stdout)).toMatchObject({ status: "completed", filesIndexed: 0 });
    await rm(join(cwd, ".resona"), { recursive: true });
    const found = await cli(["search", "--commits", "retry", "uploads"], at);
    expect(found.code).toBe(commits === 0 ? 1 : 0);
    expect(found.stdout.match(/^[\da-f]{10} /gm) ?? []).toHaveLength(commits);
    expect(found.stderr).toContain(note);
    expect(found.stderr).not.toContain("error[");
  });

  test("bare is refused by every command, and says what to do", async () => {
    const cwd = await repository();
    git(cwd, "clone", "--quiet", "--bare", ".", "bare.git");
    const bare = join(cwd, "bare.git");
    for (const args of [["index"], ["index", "--commits"], ["search", "--commits", "retry"], ["search", "retry"]]) {
      const run = await cli([...args, "--workspace", bare], { cwd });
      expect(run).toMatchObject({ code: 2, stdout: "" });
      expect(run.stderr).toMatch(/error\[GIT_BARE_REPOSITORY\]: .*\nClone it and index the clone/);
      expect(existsSync(join(bare, ".resona"))).toBe(false);
    }
    const env = { XDG_CACHE_HOME: join(cwd, "cache"), ...hermetic };
    const cloned = await cli(["search", "--commits", "--workspace", `file://${bare}`, "retry"], { cwd, env });
    expect(cloned).toMatchObject({ code: 0, stdout: expect.stringContaining("Retry failed uploads") as string });
  });

  test("shallow gives the commits that it has, and the others when it is deepened", async () => {
    const origin = await repository();
    await writeFile(join(origin, "src/wait.py"), "def wait():\n    pass\n");
    git(origin, "add", "src/wait.py");
    git(origin, "commit", "--quiet", "-m", "Wait between retries");
    const cwd = join(await workspaceWith({}), "clone");
    git(origin, "clone", "--quiet", "--depth=1", `file://${origin}`, cwd);
    const subjects = async () => {
      const { stdout } = await cli(["search", "--commits", "--json", "retry"], { cwd, env: hermetic });
      return (JSON.parse(stdout) as { hits: { subject: string }[] }).hits.map(({ subject }) => subject).toSorted();
    };
    expect(await subjects()).toEqual(["Wait between retries"]);
    git(cwd, "fetch", "--quiet", "--unshallow");
    expect(await subjects()).toEqual(["Retry failed uploads", "Wait between retries"]);
  });
});

describe("a repository's URL in place of a folder", () => {
  test("is cloned, indexed and searched, and brought up to date by the next command", async () => {
    const origin = await repository();
    const cwd = await workspaceWith({});
    const env = { XDG_CACHE_HOME: join(cwd, "cache"), ...hermetic };
    const url = `file://${origin}`;
    const indexed = await cli(["index", url, "--commits"], { cwd, env });
    expect(indexed).toMatchObject({ code: 0 });
    expect(indexed.stdout).toMatch(/^Indexed 1 file /);
    await writeFile(join(origin, "src/wait.py"), "def wait_with_jitter():\n    pass\n");
    git(origin, "add", "src/wait.py");
    git(origin, "commit", "--quiet", "-m", "Wait");
    const found = await cli(["search", "--workspace", url, "--json", "wait_with_jitter"], { cwd, env });
    expect(JSON.parse(found.stdout)).toMatchObject({ hits: [{ path: "src/wait.py" }, {}] });
  });

  test.each([
    ["ext::sh -c id", "GIT_URL_REFUSED"],
    ["--upload-pack=id", "USAGE"],
    ["ssh://-oProxyCommand=id/a", "GIT_URL_REFUSED"],
    ["git@-oProxyCommand=id:a", "GIT_URL_REFUSED"],
    ["http://example.com/a.git", "GIT_URL_REFUSED"],
    ["file:///nowhere/at/all", "GIT_REPOSITORY_NOT_FOUND"],
  ])("%s is refused with a code", async (url, code) => {
    const cwd = await workspaceWith({});
    const run = await cli(["index", url], { cwd, env: { XDG_CACHE_HOME: join(cwd, "cache"), ...hermetic } });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(`error[${code}]`);
    expect(run.stderr.startsWith("Fetching ")).toBe(code === "GIT_REPOSITORY_NOT_FOUND");
    const clones = join(cwd, "cache/resona/repositories");
    expect(existsSync(clones) ? readdirSync(clones) : []).toEqual([]);
  });

  test("is used as it was cloned while it cannot be reached, and by what only looks in any case", async () => {
    const origin = await repository();
    const cwd = await workspaceWith({});
    const env = { XDG_CACHE_HOME: join(cwd, "cache"), ...hermetic };
    const at = ["--workspace", `file://${origin}`];
    const refused = await cli(["stats", ...at], { cwd, env });
    expect(refused).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error\[NO_INDEX\]/) as string,
    });
    expect(existsSync(join(cwd, "cache"))).toBe(false);
    await cli(["index", ...at], { cwd, env });

    await rename(origin, `${origin}-away`);
    const gone = /^Fetching .*\nnote: There is no git repository at .* last brought up to date\.\n$/;
    const found = await cli(["search", ...at, "retry"], { cwd, env });
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining("retry.ts:1") as string });
    expect(found.stderr).toMatch(gone);
    expect((await cli(["index", ...at], { cwd, env })).stderr).toMatch(gone);
    for (const argv of [["search", "--no-refresh", "retry"], ["stats"], ["doctor"]]) {
      expect(await cli([...argv, ...at], { cwd, env })).toMatchObject({ code: 0, stderr: "" });
    }
    expect(await cli(["maintain", "--json", ...at], { cwd, env })).toMatchObject({ code: 0, stderr: "" });
    await rename(`${origin}-away`, origin);
  });

  test("a branch that poses as an option is refused", async () => {
    const origin = await repository();
    const env = { XDG_CACHE_HOME: join(origin, "cache"), ...hermetic };
    const run = await cli(["index", `file://${origin}`, "--branch=--upload-pack=id"], { cwd: origin, env });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain("error[GIT_BRANCH_REFUSED]");
  });
});
