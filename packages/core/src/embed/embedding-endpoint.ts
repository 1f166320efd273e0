import { BlockList, isIP } from "node:net";

import { embedderError } from "./embedder-errors.ts";

/** Where an embedding service is. */
export interface EmbeddingEndpoint {
  /** Of requests for embeddings. */
  readonly url: string;
  /** What messages call the service: scheme, host and port. */
  readonly service: string;
  /** Whether it is this machine or its private network. */
  readonly isLocal: boolean;
}

/** Loopback, and the ranges of RFC 1918 and RFC 4193. */
const localAddresses = new BlockList();
localAddresses.addSubnet("127.0.0.0", 8, "ipv4");
localAddresses.addSubnet("10.0.0.0", 8, "ipv4");
localAddresses.addSubnet("172.16.0.0", 12, "ipv4");
localAddresses.addSubnet("192.168.0.0", 16, "ipv4");
localAddresses.addAddress("::1", "ipv6");
localAddresses.addSubnet("fc00::", 7, "ipv6");

/**
 * Reads the address of a service as people write it: with or without `/v1`, or of the very endpoint.
 *
 * @throws ResonaError EMBEDDER_URL_INVALID. It does not repeat the address, which may hold a password.
 */
export function embeddingEndpoint(address: string): EmbeddingEndpoint {
  const url = URL.parse(address.trim());
  if (!url) throw embedderError("EMBEDDER_URL_INVALID", { detail: "is no URL" });
  const fault = faultOf(url);
  if (fault !== undefined) throw embedderError("EMBEDDER_URL_INVALID", { detail: fault });
  const path = url.pathname.replace(/\/+$/, "");
  if (/\/v\d+$/.test(path)) url.pathname = `${path}/embeddings`;
  else if (!path.endsWith("/embeddings")) url.pathname = `${path}/v1/embeddings`;
  return { url: url.href, service: url.origin, isLocal: isLocalHost(url.hostname) };
}

/**
 * The key to send to a service: the caller's, else RESONA_EMBEDDING_KEY, else, to OpenAI alone, OPENAI_API_KEY.
 *
 * @throws ResonaError EMBEDDER_KEY_INVALID for what cannot stand in a header, which `fetch` would refuse with a message
 * that shows the key; EMBEDDER_KEY_UNPROTECTED if it would travel unencrypted beyond the local network.
 */
export function embeddingKey(
  { url, service, isLocal }: EmbeddingEndpoint,
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const { hostname, protocol } = new URL(url);
  const ofHost = hostname === "api.openai.com" ? env["OPENAI_API_KEY"] : undefined;
  const key = [given, env["RESONA_EMBEDDING_KEY"], ofHost].find((candidate) => candidate?.trim())?.trim();
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]+$/.test(key)) throw embedderError("EMBEDDER_KEY_INVALID", undefined);
  if (protocol === "http:" && !isLocal) throw embedderError("EMBEDDER_KEY_UNPROTECTED", { service });
  return key;
}

function faultOf({ protocol, username, password, search, hash }: URL): string | undefined {
  if (protocol !== "http:" && protocol !== "https:") return "must begin with http:// or https://";
  if (username !== "" || password !== "") return "must not hold a name or a password";
  // Keys are put there, and addresses are shown.
  if (search !== "" || hash !== "") return "must end with its path, without ? or #";
  return undefined;
}

/** @param hostname as a URL has it: in lower case, IPv6 in brackets, IPv4 in its usual form however it was written. */
function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  const version = isIP(host);
  if (version !== 0) return localAddresses.check(host, version === 4 ? "ipv4" : "ipv6");
  return /(?:^|\.)localhost$|\.local$/.test(host);
}
