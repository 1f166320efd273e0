import type { SecretStorage } from "vscode";

import type { EmbeddingService } from "./embedding-service.ts";

/** Of the names under which keys are kept; what follows is the origin that a key is for. */
const PREFIX = "resona.embeddingKey ";
const VARIABLE = "RESONA_EMBEDDING_KEY";

/** Whom a key of a service is for. A key is for one origin only: whoever changes the address must not get it. */
export function originOf(url: string): string | undefined {
  const { origin } = URL.parse(url) ?? { origin: "null" };
  return origin === "null" ? undefined : origin;
}

/** The name under which the key for an origin is kept. */
export function keyName(origin: string): string {
  return PREFIX + origin;
}

/** The key that was stored for a service. */
export async function storedKey(
  secrets: Pick<SecretStorage, "get">,
  service: EmbeddingService | undefined,
): Promise<string | undefined> {
  const origin = service && originOf(service.url);
  return origin === undefined ? undefined : secrets.get(keyName(origin));
}

/**
 * The variable that gives an engine the key of its service: the stored one, or else the editor's own if the user has
 * named that service. It is undefined, to be left out, where a folder has: nobody knows whom that key was meant for.
 */
export function keyEnvironment(
  stored: string | undefined,
  service: EmbeddingService | undefined,
): Readonly<Record<string, string | undefined>> {
  if (stored !== undefined) return { [VARIABLE]: stored };
  return service?.namedBy === "user" ? {} : { [VARIABLE]: undefined };
}
