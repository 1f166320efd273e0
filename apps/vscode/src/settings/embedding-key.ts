import type { SecretStorage } from "vscode";

/** Of the names under which keys are kept; what follows is the origin that a key is for. */
const PREFIX = "resona.embeddingKey ";

/** Where a service's key is kept. A key is for one origin only: whoever changes the address must not get it. */
export function keyName(embeddingUrl: string): string | undefined {
  const { origin } = URL.parse(embeddingUrl) ?? { origin: "null" };
  return origin === "null" ? undefined : PREFIX + origin;
}

/** The variables that give an engine the key of the service that its settings name. */
export async function keyEnvironment(
  secrets: Pick<SecretStorage, "get">,
  embeddingUrl: string | undefined,
): Promise<Record<string, string>> {
  const name = embeddingUrl === undefined ? undefined : keyName(embeddingUrl);
  const key = name === undefined ? undefined : await secrets.get(name);
  return key === undefined ? {} : { RESONA_EMBEDDING_KEY: key };
}
