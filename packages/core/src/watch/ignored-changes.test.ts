import { join } from "node:path";
import { env } from "node:process";

import { describe, expect, it } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { ignoredChanges } from "./ignored-changes.ts";

// What is tested runs git in this process's environment.
env["GIT_CONFIG_GLOBAL"] = "/dev/null";
env["GIT_CONFIG_NOSYSTEM"] = "1";

async function ignored(workspace: string, paths: readonly string[]): Promise<string[]> {
  const { signal } = new AbortController();
  return [...(await ignoredChanges(workspace, paths, signal))].toSorted();
}

describe("changes of files that are not indexed", () => {
  it("are told by git, which knows what is tracked all the same, and by .resonaignore", async () => {
    const root = await repository({ ".gitignore": "*.log\nbuild/\n", ".resonaignore": "drafts/\n", "kept.log": "" });
    git(root, "add", "--force", "kept.log");
    write(root, { "build/out.js": "", ".git/info/exclude": "*.tmp\n" });
    const paths = ["a.ts", "kept.log", "other.log", "build", "build/out.js", "drafts/a.md", "x.tmp", "gone/b.log"];
    expect(await ignored(root, paths)).toEqual(
      ["other.log", "build", "build/out.js", "drafts/a.md", "x.tmp", "gone/b.log"].toSorted(),
    );
  });

  it("are told by ignore files where there is no git", async () => {
    const root = await temporaryFolder();
    write(root, { ".gitignore": "*.log\n", "sub/.gitignore": "!kept.log\nout/\n", ".resonaignore": "*.draft\n" });
    const paths = ["a.ts", "a.log", "sub/kept.log", "sub/b.log", "sub/out/c.ts", "d.draft", "node_modules/x/i.js"];
    expect(await ignored(root, paths)).toEqual(
      ["a.log", "d.draft", "node_modules/x/i.js", "sub/b.log", "sub/out/c.ts"].toSorted(),
    );
  });

  it("are told by ignore files where an outer repository ignores the whole workspace", async () => {
    const outer = await repository({ ".gitignore": "/inner/\n" });
    write(outer, { "inner/a.ts": "", "inner/.gitignore": "*.log\n" });
    expect(await ignored(join(outer, "inner"), ["a.ts", "b.log"])).toEqual(["b.log"]);
  });

  it("may have any name", async () => {
    const root = await repository({ ".gitignore": "*.log\n" });
    const odd = [":(top)a.log", ":!b.log", "-x.log", "*.log", "line\nend.log", "  .log", "ünï.log"];
    expect(await ignored(root, [...odd, ":(glob)**", "--help"])).toEqual(odd.toSorted());
  });

  it("are told by ignore files where git refuses to answer, as within a submodule", async () => {
    const inner = await repository({ "a.ts": "" });
    const root = await repository({ ".gitignore": "*.log\n" });
    git(root, "submodule", "add", "-q", inner, "sub");
    expect(await ignored(root, ["sub/a.ts", "sub/b.log"])).toEqual(["sub/b.log"]);
  });

  it("are none when nothing is ignored", async () => {
    expect(await ignored(await repository({}), ["a.ts"])).toEqual([]);
    expect(await ignored(await temporaryFolder(), ["a.ts"])).toEqual([]);
  });
});
