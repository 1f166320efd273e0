import { expect, test } from "vitest";

import { GitFailure } from "../support/git-process.ts";
import { cloneError } from "./clone-errors.ts";
import { parseRepositoryUrl } from "./repository-url.ts";

const url = parseRepositoryUrl("https://me:secret@host/a");

// As git 2.39, OpenSSH 9 and curl 7.88 say them.
test.each([
  ["fatal: unable to access 'https://host/a/': Could not resolve host: host", "GIT_UNREACHABLE"],
  ["fatal: unable to access 'https://host/a/': The requested URL returned error: 503", "GIT_UNREACHABLE"],
  ["fatal: unable to access 'https://host/a/': The requested URL returned error: 403", "GIT_AUTHENTICATION_FAILED"],
  ["fatal: could not read Username for 'https://host': terminal prompts disabled", "GIT_AUTHENTICATION_FAILED"],
  ["remote: Invalid username\nfatal: Authentication failed for 'https://host/a/'", "GIT_AUTHENTICATION_FAILED"],
  ["remote: Not Found\nfatal: repository 'https://host/a/' not found", "GIT_REPOSITORY_NOT_FOUND"],
  [
    "git@host: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n\nPlease make sure",
    "GIT_AUTHENTICATION_FAILED",
  ],
  ["Host key verification failed.\r\nfatal: Could not read from remote repository.", "GIT_AUTHENTICATION_FAILED"],
  ["ssh: Could not resolve hostname host: Name or service not known\r\nfatal: Could not read", "GIT_UNREACHABLE"],
  ["ssh: connect to host host port 22: Connection refused\r\nfatal: Could not read from remote", "GIT_UNREACHABLE"],
  [
    "Receiving objects:  50%\rerror: RPC failed; curl 18 transfer closed\nfatal: early EOF\nfatal: fetch-pack: invalid",
    "GIT_UNREACHABLE",
  ],
  ["fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output", "GIT_DISK_FULL"],
  ["fatal: Remote branch dev not found in upstream origin", "GIT_BRANCH_NOT_FOUND"],
  ["fatal: couldn't find remote ref refs/heads/dev", "GIT_BRANCH_NOT_FOUND"],
  ["fatal: 'origin' does not appear to be a git repository\nfatal: Could not read from remote", "GIT_CLONE_FAILED"],
  ["fatal: '/srv/a' does not appear to be a git repository\nfatal: Could not read", "GIT_REPOSITORY_NOT_FOUND"],
  ["error: something new\nfatal: of which nothing is known", "GIT_CLONE_FAILED"],
])("%j is %s", (messages, code) => {
  const error = cloneError(new GitFailure(128, "of which nothing is known", messages), url, "dev", "/cache/a");
  expect(error).toMatchObject({ code });
  expect(String(error)).not.toContain("secret");
});

test("git's words are shown without credentials and control characters", () => {
  const messages =
    "remote: \u001B[31mno\nfatal: unable to access 'https://me:token@mirror/a/': \u001B[2JFailed to connect";
  expect(cloneError(new GitFailure(128, "", messages), url, undefined, "/cache/a")).toMatchObject({
    message: "https://host/a cannot be reached: unable to access 'https://mirror/a/':  [2JFailed to connect",
  });
});

test("the file system's refusals are told as such", () => {
  const failing = (code: string) => cloneError(Object.assign(new Error("x"), { code }), url, undefined, "/cache/a");
  expect(failing("ENOSPC")).toMatchObject({ code: "GIT_DISK_FULL" });
  expect(failing("EACCES")).toMatchObject({ code: "GIT_CACHE_NOT_WRITABLE" });
  expect(failing("EIO")).toMatchObject({ code: "EIO" });
});
