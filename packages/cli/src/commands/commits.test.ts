import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { cli, workspaceWith } from "../testing/run-cli.ts";

const hermetic = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

function git(cwd: string, ...args: readonly string[]): void {
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...author, ...args], { cwd, stdio: "pipe", env: { ...process.env, ...hermetic } });
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

  test("says that there are none where there is no repository, and refuses what is about files", async () => {
    const cwd = await workspaceWith({ "a.txt": "text" });
    const none = await cli(["search", "--commits", "x"], { cwd });
    expect(none.stderr).toMatch(/^.*note: There are no commits to index: .*\n/m);
    expect(none.code).not.toBe(0);
    const refused = await cli(["search", "--commits", "--language", "go", "x"], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^error\[USAGE\]: --path, --language and --explain are about files\.\n/);
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
    ["http://example.com/a.git", "GIT_URL_REFUSED"],
    ["file:///nowhere/at/all", "GIT_REPOSITORY_NOT_FOUND"],
  ])("%s is refused with a code", async (url, code) => {
    const cwd = await workspaceWith({});
    const run = await cli(["index", url], { cwd, env: { XDG_CACHE_HOME: join(cwd, "cache"), ...hermetic } });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(`error[${code}]`);
  });
});
