import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { write } from "../test/git-repository.ts";
import { temporaryFolder } from "../test/temp-folder.ts";
import { remoteRepository, replaceGit, text, url } from "./git/clone.test-helper.ts";
import { commitAll } from "./git/git.test-helper.ts";
import type { NoticeEvent } from "./model/progress.ts";
import { openRepository } from "./open-repository.ts";

test("a clone is used as it is while its repository cannot be reached, and brought up to date afterwards", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const cache = await temporaryFolder();
  const place = await openRepository(url(remote), cache);
  write(remote, { "a.ts": "1" });
  commitAll(remote, "second");

  renameSync(remote, `${remote}-away`);
  const notices: NoticeEvent[] = [];
  expect(await openRepository(url(remote), cache, { onNotice: (notice) => notices.push(notice) })).toEqual(place);
  expect(notices).toMatchObject([{ code: "CLONE_NOT_UPDATED" }]);
  expect(notices[0]?.message).toMatch(/^There is no git repository at file:.*last brought up to date\.$/);
  expect(text(place.workspace, "a.ts")).toBe("0");

  renameSync(`${remote}-away`, remote);
  await openRepository(url(remote), cache);
  expect(text(place.workspace, "a.ts")).toBe("1");
});

test("a clone can be opened without a look at its repository, and without git", async () => {
  const remote = await remoteRepository({ "a.ts": "0" });
  const cache = await temporaryFolder();
  await expect(openRepository(url(remote), cache, { fetch: false })).rejects.toMatchObject({ code: "NO_INDEX" });
  expect(readdirSync(cache)).toEqual([]);
  const place = await openRepository(url(remote), cache);
  const called = join(await temporaryFolder(), "called");
  await replaceGit(`touch ${called}; exit 1`);
  const onFetch = () => expect.unreachable();
  expect(await openRepository(url(remote), cache, { fetch: false, onFetch })).toEqual(place);
  expect(existsSync(called)).toBe(false);
});

test("what is fetched is told by its address alone, and not before it is known to be one", async () => {
  const cache = await temporaryFolder();
  const fetched: string[] = [];
  const onFetch = (address: string) => fetched.push(address);
  for (const refused of ["ext::sh -c id", "http://example.com/a"])
    await expect(openRepository(refused, cache, { onFetch })).rejects.toMatchObject({ code: "GIT_URL_REFUSED" });
  expect(fetched).toEqual([]);
  const secret = "https://ada:secret@127.0.0.1:9/a.git";
  await expect(openRepository(secret, cache, { onFetch })).rejects.toMatchObject({ code: "GIT_UNREACHABLE" });
  expect(fetched).toEqual(["https://127.0.0.1:9/a.git"]);
});

test("what cannot be cloned leaves nothing behind", async () => {
  const cache = await temporaryFolder();
  const nowhere = url(join(cache, "nowhere"));
  const attempts = await Promise.allSettled(Array.from({ length: 4 }, () => openRepository(nowhere, cache)));
  for (const attempt of attempts) expect(attempt).toMatchObject({ reason: { code: "GIT_REPOSITORY_NOT_FOUND" } });
  expect(readdirSync(cache)).toEqual([]);
});
