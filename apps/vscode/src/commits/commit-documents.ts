import { Disposable, Uri, window, workspace } from "vscode";

import type { Wording } from "../text/wording.ts";
import { type FoundCommit, shortHash } from "./commit-row.ts";
import { commitText } from "./commit-text.ts";
import { gitMessage } from "./git-message.ts";

const SCHEME = "resona-commit";

/** Commits as documents that can be read and not changed. */
export class CommitDocuments {
  /** Of the documents that are open. */
  readonly #texts = new Map<string, string>();
  readonly #wording: Wording;
  readonly #subscriptions: Disposable;

  constructor(wording: Wording) {
    this.#wording = wording;
    this.#subscriptions = Disposable.from(
      workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? "",
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    );
  }

  async show(commit: FoundCommit): Promise<void> {
    const { folder, hash } = commit;
    const uri = Uri.from({ scheme: SCHEME, path: `/${shortHash(hash)}.txt`, query: hash });
    const message = await gitMessage(Uri.parse(folder.id), hash);
    this.#texts.set(uri.toString(), commitText(commit, message, this.#wording));
    await window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
