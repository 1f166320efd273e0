import type { IndexDescription } from "../model/index-summary.ts";
import type { IndexManifest } from "../store/index-folder.ts";

/** What an index's manifest says of it. */
export function describeIndex(indexPath: string, manifest: IndexManifest): IndexDescription {
  const { fingerprint, model, schemaVersion, lastIndexedAt } = manifest;
  return {
    indexPath,
    modelId: String(fingerprint["model"]),
    ...(model === undefined ? {} : { modelName: model.name }),
    ...(model?.path === undefined ? {} : { modelPath: model.path }),
    dimension: Number(fingerprint["dimension"]),
    schemaVersion,
    ...(lastIndexedAt === undefined ? {} : { lastIndexedAt }),
  };
}
