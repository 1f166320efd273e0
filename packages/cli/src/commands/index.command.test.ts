import { spawn } from "node:child_process";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { binary, cli, cliResult, sources, workspaceWith } from "../testing/run-cli.ts";

const files = { "a.txt": "alpha\n", "b.txt": "beta\n" };

/** A workspace in which `b.txt` was indexed once and is a link to nowhere now. */
async function withUnreadableFile(others: Readonly<Record<string, string>> = files): Promise<string> {
  const cwd = await workspaceWith({ ...others, "b.txt": "beta\n" });
  await cli(["index"], { cwd });
  await rename(join(cwd, "b.txt"), join(cwd, ".resona", "b.txt"));
  await symlink("nowhere", join(cwd, "b.txt"));
  return cwd;
}

describe("a file that cannot be indexed", () => {
  test("is named, and no reason to fail but for the strict", async () => {
    const cwd = await withUnreadableFile();
    const named =
      /; 1 unchanged, 0 removed; .*\nFailed 1 file; the next run tries again\n {2}b\.txt: It could not be read\.\n$/;
    const run = await cli(["index"], { cwd });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(named);
    const strict = await cli(["index", "--strict"], { cwd });
    expect(strict.code).toBe(2);
    expect(strict.stdout).toMatch(named);
    const json = await cli(["index", "--strict", "--json"], { cwd });
    expect(json).toMatchObject({ code: 2, stderr: "" });
    const failures = [{ path: "b.txt", message: "It could not be read." }];
    expect(JSON.parse(json.stdout)).toMatchObject({ status: "completed", filesFailed: 1, failures });
    const stats = await cli(["stats", "--json"], { cwd });
    expect(stats.code).toBe(0);
    expect(JSON.parse(stats.stdout)).toMatchObject({ files: 2, filesFailed: 1, failures });
    expect((await cli(["stats"], { cwd })).stdout).toMatch(/\nFailed 1 file; .*\n {2}b\.txt: It could not be read\.\n/);
  });

  test("is code 2 without another one", async () => {
    const cwd = await withUnreadableFile({});
    expect((await cli(["index"], { cwd })).code).toBe(2);
    expect((await cli(["index", "--json"], { cwd })).code).toBe(2);
  });
});

test("skipped files are no failures, to the strict either", async () => {
  const cwd = await workspaceWith({ ...files, "logo.png": "\0", "empty.txt": "" });
  expect((await cli(["index", "--strict"], { cwd })).code).toBe(0);
});

describe("the place", () => {
  test("is a folder as well as a URL", async () => {
    const cwd = await workspaceWith({ "project/a.txt": "alpha\n" });
    expect((await cli(["index", "project"], { cwd })).stdout).toMatch(/^Indexed 1 file /);
  });

  test.each([
    ["an empty word, as an unset variable gives it", [""], /It must not be empty\.\n/],
    ["one that is given twice", ["a", "--workspace", "b"], /There are two workspaces, .*\nGive one\.\n/],
  ])("is not %s", async (_what, argv, message) => {
    const run = await cli(["index", ...argv], { cwd: await workspaceWith(files) });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(message);
  });

  // The executable's runtime says so itself before anything else runs.
  const isTold = binary === undefined && process.platform !== "win32";
  test.skipIf(!isTold)("is not a current folder that was removed", async () => {
    const cwd = await workspaceWith({});
    const { path, args } = sources;
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    const child = spawn("/bin/sh", ["-c", script, "sh", path, ...args, "index"], {
      cwd,
      env: { ...process.env, PATH: "/bin:/usr/bin" },
    });
    expect(await cliResult(child)).toEqual({
      code: 2,
      stdout: "",
      stderr: "error[USAGE]: The current folder does not exist any more.\nChange to one that does.\n",
    });
  });
});
