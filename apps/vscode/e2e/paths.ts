import { join, resolve } from "node:path";

/** The extension's folder, `apps/vscode`. */
export const extensionFolder: string = resolve(import.meta.dirname, "..");

export const repositoryFolder: string = resolve(extensionFolder, "../..");

/** Kept between runs and ignored by git. */
export const cacheFolder: string = join(repositoryFolder, ".vscode-e2e");

/** Where tests leave screenshots and logs to be looked at. */
export const artefactFolder: string = join(cacheFolder, "artefacts");
