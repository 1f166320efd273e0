import { type Disposable, Uri, window, workspace } from "vscode";

import type { Wording } from "../text/wording.ts";
import { commitOfQuery, commitQuery } from "./commit-address.ts";
import { type FoundCommit, shortHash } from "./commit-row.ts";
import { commitText } from "./commit-text.ts";
import { gitMessage } from "./git-message.ts";

const SCHEME = "resona-commit";

/** Commits as documents that can be read and not changed. */
export class CommitDocuments {
  readonly #subscription: Disposable;

  constructor(wording: Wording) {
    this.#subscription = workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: async ({ query }) => {
        const commit = commitOfQuery(query);
        if (commit === undefined) return "";
        return commitText(commit, await gitMessage(Uri.parse(commit.folder), commit.hash), wording);
      },
    });
  }

  async show(commit: FoundCommit): Promise<void> {
    const uri = Uri.from({ scheme: SCHEME, path: `/${shortHash(commit.hash)}.txt`, query: commitQuery(commit) });
    await window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
