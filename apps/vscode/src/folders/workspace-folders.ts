import { type ExtensionContext, type LogOutputChannel, Uri, workspace } from "vscode";

import { EngineClient } from "../engine-client/engine-client.ts";
import { engineLaunch, engineSections } from "./engine-launch.ts";
import { type Folder, type FolderEngine, FolderEngines } from "./folder-engines.ts";
import { logEngine } from "./log-engine.ts";

/** The engines of the folders that are open, now and from now on. */
export function openWorkspaceFolders(context: ExtensionContext, log: LogOutputChannel): FolderEngines {
  const engines = new FolderEngines((folder) => {
    const engine = new EngineClient(() => engineLaunch(context, folder));
    logEngine({ folder, engine }, log);
    return engine;
  });
  const update = () => engines.update(foldersOnDisk());
  const refresh = ({ folder, engine }: FolderEngine) => {
    engine.refresh().catch((error: unknown) => {
      log.error(
        `[${folder.name}] The settings cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  };
  context.subscriptions.push(
    workspace.onDidChangeWorkspaceFolders(update),
    workspace.onDidChangeConfiguration((event) => {
      for (const one of engines.all) {
        const uri = Uri.parse(one.folder.id);
        if (engineSections.some((section) => event.affectsConfiguration(section, uri))) refresh(one);
      }
    }),
    context.secrets.onDidChange(() => engines.all.forEach(refresh)),
    // From then on the model that the index was made with counts, as do the folder's settings.
    workspace.onDidGrantWorkspaceTrust(() => engines.all.forEach(refresh)),
  );
  update();
  return engines;
}

/** Folders of other kinds, as on GitHub, have no files that could be read. */
function foldersOnDisk(): Folder[] {
  return (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ uri, name }) => ({ id: uri.toString(), name, path: uri.fsPath }));
}
