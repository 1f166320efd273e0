import type { EmbeddingService, EmbeddingServiceOptions } from "./embedding-service.ts";

/**
 * Opens an index of items. Nothing is read, created or started before it is needed; the code and libraries behind it
 * are loaded by this call.
 *
 * @throws ResonaError OPTION_INVALID.
 */
export async function openEmbeddingService(options: EmbeddingServiceOptions): Promise<EmbeddingService> {
  const { createEmbeddingService } = await import("./embedding-service.ts");
  return createEmbeddingService(options);
}
