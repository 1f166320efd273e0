import { join } from "node:path";

import { type ExtensionContext, Uri, workspace } from "vscode";

import type { EngineLaunch } from "../engine-client/engine-session.ts";
import { keyEnvironment } from "../settings/embedding-key.ts";
import { engineSettings } from "../settings/engine-settings.ts";
import { engineGlobs } from "../settings/exclude-settings.ts";
import { excludeSections, excludedGlobs } from "../settings/excluded-globs.ts";
import type { Folder } from "./folder-engines.ts";

/** Settings that say something of an engine's process. */
export const engineSections: readonly string[] = ["resona", ...excludeSections];

/** What a folder's settings say of its engine's process. */
export async function engineLaunch(context: ExtensionContext, folder: Folder): Promise<EngineLaunch> {
  const settings = workspace.getConfiguration("resona", Uri.parse(folder.id));
  const options = engineSettings(folder.path, (key) => settings.inspect(key));
  return {
    entry: join(context.extensionPath, "dist/engine-process.js"),
    workspace: folder.path,
    options: { ...options, exclude: engineGlobs(excludedGlobs(folder)) },
    memoryLimitMb: settings.get("memoryLimitMb", 512),
    environment: {
      // Where a packed library is put (`scripts/bundle.mjs`).
      RESONA_NATIVE_FOLDER: join(context.globalStorageUri.fsPath, "native"),
      ...(await keyEnvironment(context.secrets, options.embeddingUrl)),
    },
  };
}
