import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { ownSshCommand, remoteCall } from "./remote-call.ts";
import { parseRepositoryUrl } from "./repository-url.ts";

function call(url: string, sshCommand?: string) {
  return remoteCall(parseRepositoryUrl(url), sshCommand);
}

/** What git itself makes of the settings in the environment. */
function setting(environment: Readonly<Record<string, string>>, ...query: string[]): string {
  const env = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...environment };
  try {
    return execFileSync("git", ["--git-dir=/dev/null", "config", ...query], { env, encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

test("credentials go to their host only, by the environment and not by arguments", () => {
  const { args, environment } = call("https://who:p%40ss@host:8443/a/b.git");
  expect(args.join(" ")).not.toMatch(/who|p@ss|p%40ss/u);
  const header = `Authorization: Basic ${Buffer.from("who:p@ss").toString("base64")}`;
  expect(setting(environment, "--get-urlmatch", "http.extraHeader", "https://host:8443/a/b.git")).toBe(header);
  for (const other of [
    "https://host/a/b.git",
    "https://evil:8443/",
    "https://host.evil:8443/a/b.git",
    "http://host:8443/",
  ]) {
    expect(setting(environment, "--get-urlmatch", "http.extraHeader", other)).toBe("");
  }
  expect(setting(environment, "--get", "http.followRedirects")).toBe("false");
});

test("a user's name without a password is for his credential helper", () => {
  const { environment } = call("https://me@host/a");
  expect(setting(environment, "--get-urlmatch", "credential.username", "https://host/a")).toBe("me");
  expect(JSON.stringify(environment)).not.toContain("Authorization");
});

test("only the transport that was asked for is allowed, and nobody is asked anything", () => {
  expect(call("file:///a").environment).toMatchObject({ GIT_ALLOW_PROTOCOL: "file", GIT_TERMINAL_PROMPT: "0" });
  for (const url of ["https://host/a", "git@host:a"]) {
    expect(call(url).environment).toMatchObject({
      GIT_ALLOW_PROTOCOL: "https:ssh",
      GIT_ASKPASS: "",
      SSH_ASKPASS_REQUIRE: "never",
      GCM_INTERACTIVE: "never",
      GIT_SSH_COMMAND: expect.stringContaining("BatchMode=yes"),
    });
  }
  expect(call("git@host:a", "my-ssh").environment).not.toHaveProperty("GIT_SSH_COMMAND");
});

/** Sets a variable for the rest of the test. */
function setVariable(name: string, value: string): void {
  process.env[name] = value;
  onTestFinished(() => {
    delete process.env[name];
  });
}

test("the user's own way to call ssh is found in the environment or his settings", async () => {
  const folder = await temporaryFolder();
  setVariable("GIT_CONFIG_NOSYSTEM", "1");
  setVariable("GIT_CONFIG_GLOBAL", join(folder, "gitconfig"));
  expect(await ownSshCommand({})).toBeUndefined();
  write(folder, { gitconfig: "[core]\nsshCommand = ssh -i key\n" });
  expect(await ownSshCommand({})).toBe("ssh -i key");
  setVariable("GIT_SSH_COMMAND", "ssh -i other");
  expect(await ownSshCommand({})).toBe("ssh -i other");
});
