import type { GitCall } from "../support/git-process.ts";
import { gitAnswer, GitFailure } from "../support/git-process.ts";
import type { RepositoryUrl } from "./repository-url.ts";

/**
 * Settings for git commands that speak with another host or write a work tree, on the command line so that they take
 * precedence. The user's own settings hold otherwise (credential helpers, proxies, certificates): they are his, and
 * without them his repositories could not be reached. What a repository brings along cannot set anything.
 *
 * - No hooks, neither of a template nor those of `core.hooksPath`, and no submodules: nothing is run or fetched but the
 *   repository itself.
 * - Housekeeping is done before git ends, not by a process left behind.
 * - A server that sends nothing for two minutes is given up.
 */
const settings = [
  "core.hooksPath=/dev/null",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  "gc.autoDetach=false",
  "maintenance.autoDetach=false",
  "http.lowSpeedLimit=1",
  "http.lowSpeedTime=120",
];

/** How to call git so that it may reach a repository and never asks anybody for anything. */
export interface RemoteCall {
  /** Before the name of the command. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Credentials go to git in its environment, which other users cannot see, as settings for one host: never as arguments,
 * and git does not write them down. They are not sent on to where a server redirects to.
 *
 * @param sshCommand the user's own setting for ssh, which stays as it is; the usual one is told not to ask
 */
export function remoteCall(url: RepositoryUrl, sshCommand: string | undefined): RemoteCall {
  const config: [name: string, value: string][] = [];
  const { credentials } = url;
  if (credentials) {
    const site = /^https:\/\/[^/]+\//u.exec(url.address)?.[0] ?? url.address;
    if (credentials.password === undefined) {
      config.push([`credential.${site}.username`, credentials.user]);
    } else {
      const secret = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
      config.push([`http.${site}.extraHeader`, `Authorization: Basic ${secret}`], ["http.followRedirects", "false"]);
    }
  }
  const environment: Record<string, string> = {
    // Takes precedence over all settings of `protocol.*`. A user's `url.*.insteadOf` may turn https into ssh.
    GIT_ALLOW_PROTOCOL: url.protocol === "file" ? "file" : "https:ssh",
    // Files that a partial clone has not fetched yet.
    GIT_NO_LAZY_FETCH: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS: "",
    SSH_ASKPASS_REQUIRE: "never",
    GCM_INTERACTIVE: "never",
    // Large files that are kept elsewhere are no text.
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_CONFIG_COUNT: String(config.length),
  };
  for (const [i, [name, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${i}`] = name;
    environment[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  if (url.protocol !== "file" && sshCommand === undefined) {
    environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o ConnectTimeout=30";
  }
  return { args: settings.flatMap((setting) => ["-c", setting]), environment };
}

/** How the user has git call ssh; undefined if as usual. */
export async function ownSshCommand(call: GitCall): Promise<string | undefined> {
  const fromEnvironment = process.env["GIT_SSH_COMMAND"] ?? process.env["GIT_SSH"];
  if (fromEnvironment !== undefined) return fromEnvironment;
  try {
    // Not of the repository that this program may lie in.
    return await gitAnswer(["--git-dir=/dev/null", "config", "--get", "core.sshCommand"], call);
  } catch (error) {
    if (error instanceof GitFailure && error.exitCode === 1) return undefined;
    throw error;
  }
}
