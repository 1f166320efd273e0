import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { EngineOptions } from "@resona/core";

/** The service that makes an engine's vectors. */
export interface EmbeddingService {
  readonly url: string;
  /**
   * `user`: in their own settings, or the environment of the editor; `folder`: in its settings; `index`: it was made
   * with that service, and nobody has named another model.
   */
  readonly namedBy: "user" | "folder" | "index";
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The service that an engine of these options would use; undefined if it would use a model.
 *
 * @param usersUrl the address in the user's own settings.
 * @param indexedUrl the address of the service that the index was made with.
 */
export function embeddingService(
  { model, embeddingUrl }: EngineOptions,
  environment: Environment,
  usersUrl: unknown,
  indexedUrl: string | undefined,
): EmbeddingService | undefined {
  if (embeddingUrl !== undefined) return { url: embeddingUrl, namedBy: embeddingUrl === usersUrl ? "user" : "folder" };
  if (model !== undefined) return undefined;
  const { RESONA_EMBEDDING_URL: ofEnvironment, RESONA_MODEL: modelOfEnvironment } = environment;
  if (isSaid(ofEnvironment)) return { url: ofEnvironment, namedBy: "user" };
  if (isSaid(modelOfEnvironment) || indexedUrl === undefined) return undefined;
  return { url: indexedUrl, namedBy: "index" };
}

/**
 * The options for a folder that is not trusted. Without a model of the user's choice, the engine would open the one
 * that the index names, a file anywhere or a service; but the index is part of the folder, and may have come with it.
 */
export function untrustedOptions(options: EngineOptions, environment: Environment): EngineOptions {
  const { RESONA_EMBEDDING_URL: url, RESONA_MODEL: model } = environment;
  const isChosen = options.model !== undefined || options.embeddingUrl !== undefined || isSaid(url) || isSaid(model);
  return isChosen ? options : { ...options, model: "built-in" };
}

/**
 * The address of the service that an index was made with; undefined if it was made with a model, or cannot be read.
 *
 * @param index folder of the index.
 */
export async function indexedServiceUrl(index: string): Promise<string | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(index, "index.json"), "utf8")) as {
      readonly model?: { readonly url?: unknown };
    } | null;
    const url = manifest?.model?.url;
    return typeof url === "string" ? url : undefined;
  } catch {
    return undefined;
  }
}

/** An empty variable says nothing. */
function isSaid(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
