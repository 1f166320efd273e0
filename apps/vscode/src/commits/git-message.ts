import { type Uri, extensions } from "vscode";

/** What of the git extension's interface is used. */
interface GitExtension {
  getAPI(version: 1): {
    getRepository(uri: Uri): { getCommit(ref: string): Promise<{ readonly message: string }> } | null;
  };
}

/** The whole message of a commit, from the editor's git extension; undefined where that is missing or switched off. */
export async function gitMessage(folder: Uri, hash: string): Promise<string | undefined> {
  try {
    const git = await extensions.getExtension<GitExtension>("vscode.git")?.activate();
    const commit = await git?.getAPI(1).getRepository(folder)?.getCommit(hash);
    return commit?.message;
  } catch {
    return undefined;
  }
}
