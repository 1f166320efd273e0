import { join } from "node:path";

import type { EngineOptions } from "@resona/core";
import { Uri, workspace } from "vscode";

import {
  type EmbeddingService,
  embeddingService,
  indexedServiceUrl,
  untrustedOptions,
} from "../settings/embedding-service.ts";
import { engineSettings } from "../settings/engine-settings.ts";
import { optionSettings } from "../settings/option-settings.ts";
import type { Folder } from "./folder-engines.ts";

/** What a folder's settings say of its engine. */
export interface FolderOptions {
  readonly options: EngineOptions;
  /** The service that makes its vectors, if one does. */
  readonly service: EmbeddingService | undefined;
}

/** @param folder for no folder, what the settings of the window say. */
export async function folderOptions(folder: Folder | undefined): Promise<FolderOptions> {
  const settings = workspace.getConfiguration("resona", folder && Uri.parse(folder.id));
  const said = engineSettings(folder?.path ?? "", (key) => settings.inspect(key));
  const options = workspace.isTrusted ? said : untrustedOptions(said, process.env);
  const index = options.index ?? (folder && join(folder.path, ".resona"));
  const indexedUrl = index !== undefined && workspace.isTrusted ? await indexedServiceUrl(index) : undefined;
  const usersUrl = settings.inspect(optionSettings.embeddingUrl?.key ?? "")?.globalValue;
  return { options, service: embeddingService(options, process.env, usersUrl, indexedUrl) };
}
