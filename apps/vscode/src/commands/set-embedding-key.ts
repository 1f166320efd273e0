import { type SecretStorage, l10n, window, workspace } from "vscode";

import { keyName } from "../settings/embedding-key.ts";

/** Asks for the key of the embedding service that the settings name, and keeps it in the editor's secret storage. */
export async function setEmbeddingKey(secrets: SecretStorage): Promise<void> {
  const url = workspace.getConfiguration("resona").get("embeddingUrl", "");
  const name = keyName(url);
  if (name === undefined) {
    void window.showErrorMessage(l10n.t("Set the address of the embedding service first: resona.embeddingUrl."));
    return;
  }
  const key = await window.showInputBox({
    title: l10n.t("Key of {0}", new URL(url).origin),
    prompt: l10n.t("Leave it empty to forget the key."),
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  if (key.trim() === "") await secrets.delete(name);
  else await secrets.store(name, key.trim());
}
