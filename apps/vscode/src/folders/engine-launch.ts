import { join } from "node:path";

import { type ExtensionContext, Uri, workspace } from "vscode";

import type { EngineLaunch } from "../engine-client/engine-session.ts";
import { keyEnvironment, storedKey } from "../settings/embedding-key.ts";
import { engineGlobs } from "../settings/exclude-settings.ts";
import { excludeSections, excludedGlobs } from "../settings/excluded-globs.ts";
import { memoryLimitOf } from "../settings/memory-limit.ts";
import type { Folder } from "./folder-engines.ts";
import { folderOptions } from "./folder-options.ts";

/** Settings that say something of an engine's process. */
export const engineSections: readonly string[] = ["resona", ...excludeSections];

/** What a folder's settings say of its engine's process. */
export async function engineLaunch(context: ExtensionContext, folder: Folder): Promise<EngineLaunch> {
  const { options, service } = await folderOptions(folder);
  const key = await storedKey(context.secrets, service);
  return {
    entry: join(context.extensionPath, "dist/engine-process.js"),
    workspace: folder.path,
    options: {
      ...options,
      exclude: engineGlobs(excludedGlobs(folder)),
      // With its key goes its address: an index that is exchanged must not have the key sent to another.
      ...(key !== undefined && service?.namedBy === "index" ? { embeddingUrl: service.url } : {}),
    },
    memoryLimitMb: memoryLimitOf(workspace.getConfiguration("resona", Uri.parse(folder.id)).get("memoryLimitMb")),
    environment: {
      // Where a packed library is put (`scripts/bundle.mjs`).
      RESONA_NATIVE_FOLDER: join(context.globalStorageUri.fsPath, "native"),
      ...keyEnvironment(key, service),
    },
  };
}
