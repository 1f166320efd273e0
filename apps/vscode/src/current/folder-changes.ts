import { relative, sep } from "node:path";

import { RelativePattern, type TextDocument, Uri, languages } from "vscode";

import type { Folder } from "../folders/folder-engines.ts";
import { indexFolder } from "../folders/index-folder.ts";
import { excludedGlobs } from "../settings/excluded-globs.ts";
import { ChangeFilter } from "./change-filter.ts";

/** What matters in a folder, as its settings have it now. */
export function changeFilter(folder: Folder): ChangeFilter {
  const uri = Uri.parse(folder.id);
  return new ChangeFilter(pathIn(folder, indexFolder(folder)), excludedGlobs(folder), (glob, path) => {
    // The editor's own way to match globs, which looks at nothing else of a document.
    const document = { uri: Uri.joinPath(uri, path), languageId: "" } as TextDocument;
    return languages.match({ pattern: new RelativePattern(uri, glob) }, document) > 0;
  });
}

/** @returns relative to the folder, with `/`. */
export function pathIn({ path: folder }: Folder, path: string): string {
  return relative(folder, path).split(sep).join("/");
}
