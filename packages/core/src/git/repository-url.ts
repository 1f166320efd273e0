import { createHash } from "node:crypto";

import { resonaError } from "../errors.ts";

/** A repository somewhere else, as it may be given to git. */
export interface RepositoryUrl {
  /** What git is told and writes down, and what messages show: normalised, without credentials. */
  readonly address: string;
  readonly protocol: "https" | "ssh" | "file";
  /** Host without port in lower case; empty for `file`. */
  readonly host: string;
  /** Of an https URL: never part of an address, a name, an argument or a message. */
  readonly credentials?: Credentials;
}

interface Credentials {
  readonly user: string;
  /** Undefined where the URL names the user only. */
  readonly password: string | undefined;
}

const maxUrlChars = 2_048;

/**
 * Whether a text is meant as the URL of a repository, acceptable or not, rather than as a folder: `scheme://…`, git's
 * `helper::…`, or `user@host:path`.
 */
export function isRepositoryUrl(text: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]+(?::\/\/|::)|[^/\\\s:@]+@[^/\\:]+:)/iu.test(text);
}

/**
 * Understands `https://[user[:password]@]host[:port]/path`, `ssh://[user@]host[:port]/path`, `user@host:path` and
 * `file:///path`. Everything else that git would take is refused: other transports (`ext::` runs a program, `http` and
 * `git` can be listened to), what git or ssh would take for an option, and characters that a program on the way, or the
 * reader of a message, could be deceived with.
 *
 * The parts are found by this grammar alone and the address is put together from them, so that git cannot understand
 * something else than what was checked.
 *
 * @throws ResonaError GIT_URL_REFUSED; its message holds no credentials
 */
export function parseRepositoryUrl(text: string): RepositoryUrl {
  const refuse = (detail: string): never => {
    throw resonaError("GIT_URL_REFUSED", { url: withoutSecrets(text), detail });
  };
  if (text.length > maxUrlChars) refuse(`it is longer than ${maxUrlChars} characters`);
  if (/[\p{C}\p{Zl}\p{Zp}\\]|%[01][0-9a-f]|%7f/iu.test(text)) refuse("it has control characters or backslashes");
  if (text.startsWith("-")) refuse("it begins with -");
  const [, scheme, authority = "", path = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/iu.exec(text) ?? [];
  if (scheme === undefined) return parseScpAddress(text) ?? refuse("it is none of the forms that are taken");
  if (!/[^/]/u.test(path)) refuse("it has no path to a repository");
  switch (scheme.toLowerCase()) {
    case "https":
      return httpsUrl(authority, path, refuse);
    case "ssh":
      return sshUrl(authority, path, refuse);
    case "file":
      return fileUrl(authority, path, refuse);
    default:
      return refuse(`${scheme}:// is not taken`);
  }
}

type Refuse = (detail: string) => never;

function httpsUrl(authority: string, path: string, refuse: Refuse): RepositoryUrl {
  const at = authority.lastIndexOf("@");
  const { host, place } = hostOf(authority.slice(at + 1), 443, refuse);
  if (/[\s?#]/u.test(path)) refuse("its path has spaces, ? or #");
  const url = { address: `https://${place}${trimmed(path)}`, protocol: "https", host } as const;
  if (at === -1) return url;
  const [, user = "", password] =
    /^([^:?#\s]+)(?::([^?#\s]*))?$/u.exec(authority.slice(0, at)) ?? refuse("the credentials are not understood");
  try {
    const decoded = password === undefined ? undefined : decodeURIComponent(password);
    return { ...url, credentials: { user: decodeURIComponent(user), password: decoded } };
  } catch {
    return refuse("the credentials are not understood");
  }
}

function sshUrl(authority: string, path: string, refuse: Refuse): RepositoryUrl {
  const at = authority.lastIndexOf("@");
  const { host, place } = hostOf(authority.slice(at + 1), 22, refuse);
  const user = authority.slice(0, Math.max(at, 0));
  if (at !== -1 && !userName.test(user)) refuse("ssh takes a user's name without a password");
  if (/\s/u.test(path)) refuse("its path has spaces");
  return { address: `ssh://${at === -1 ? "" : `${user}@`}${place}${trimmed(path)}`, protocol: "ssh", host };
}

function parseScpAddress(text: string): RepositoryUrl | undefined {
  const [, user = "", host = "", path = ""] = /^([^@:/]+)@([^@:/]+):([^\s]+)$/u.exec(text) ?? [];
  // A path that begins with - would be an option of the program on the other side.
  if (!userName.test(user) || !hostName.test(host) || /^[-:]/u.test(path)) return undefined;
  return { address: `${user}@${host.toLowerCase()}:${trimmed(path)}`, protocol: "ssh", host: host.toLowerCase() };
}

function fileUrl(authority: string, path: string, refuse: Refuse): RepositoryUrl {
  // `//server/share` would be fetched over the network on Windows.
  if (!["", "localhost"].includes(authority.toLowerCase()) || path.startsWith("//")) refuse("it names a host");
  return { address: `file://${trimmed(path)}`, protocol: "file", host: "" };
}

const userName = /^[a-z0-9_][a-z0-9._~-]*$/iu;
const hostName = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/iu;

function hostOf(text: string, usualPort: number, refuse: Refuse): { readonly host: string; readonly place: string } {
  const [, host = "", port] = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::([0-9]{1,5}))?$/iu.exec(text.toLowerCase()) ?? [];
  if (!host.startsWith("[") && !hostName.test(host)) refuse("the name of the host is not valid");
  const number = port === undefined ? usualPort : Number(port);
  if (number < 1 || number > 65_535) refuse("the port is not valid");
  return { host, place: number === usualPort ? host : `${host}:${number}` };
}

function trimmed(path: string): string {
  return path.replace(/(?<=.)\/+$/u, "");
}

/** What may be shown of a text that is not understood: nothing before an `@` or after `?` or `#`, nor what deceives. */
function withoutSecrets(text: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:(?:\/\/|:))?(.*)$/isu.exec(text) ?? [];
  const shown = rest.slice(rest.lastIndexOf("@") + 1).replace(/[?#].*$/su, "");
  return (scheme + (rest.includes("@") ? "…@" : "") + shown).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ").slice(0, 200);
}

/**
 * The name of a folder for what is kept of a repository's branch (the default one if undefined): readable, fit for
 * every file system, and different for every address and branch.
 */
export function folderNameOf({ address, host }: RepositoryUrl, branch: string | undefined): string {
  const lastParts = address.split(/[/:]/u).slice(-2).join("-");
  const readable = `${host}-${lastParts.replace(/\.git$/iu, "")}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "");
  const digest = createHash("sha256")
    .update(`${address}\n${branch ?? ""}`)
    .digest("hex");
  return `${readable.slice(-60)}-${digest.slice(0, 16)}`.replace(/^-+/u, "");
}

/**
 * Whether git accepts a text as the name of a branch, by the rules of `git check-ref-format`; neither what looks like an
 * option nor what git understands as the current commit.
 */
export function isBranchName(name: string): boolean {
  if (!name.isWellFormed() || Buffer.byteLength(name) > maxBranchBytes) return false;
  if (/[\p{Cc} ~^:?*[\\]|\.\.|@\{|^-|\.$/u.test(name) || name === "HEAD" || name === "@") return false;
  return name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** git keeps a branch in a file of that name, with more behind it while it is written. */
const maxBranchBytes = 200;
