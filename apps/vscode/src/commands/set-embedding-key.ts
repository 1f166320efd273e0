import { type SecretStorage, l10n, window } from "vscode";

import type { Folder } from "../folders/folder-engines.ts";
import { folderOptions } from "../folders/folder-options.ts";
import { keyName, originOf } from "../settings/embedding-key.ts";

/**
 * Asks for the key of the embedding service that makes the vectors of folders, and keeps it in the editor's secret
 * storage.
 *
 * @param folders those that are meant; without any, the settings of the window count.
 */
export async function setEmbeddingKey(secrets: SecretStorage, folders: readonly Folder[]): Promise<void> {
  const asked = folders.length === 0 ? [undefined] : folders;
  const services = (await Promise.all(asked.map(folderOptions))).map(({ service }) => service);
  const origins = [...new Set(services.flatMap((service) => (service && originOf(service.url)) ?? []))];
  const [first] = origins;
  if (first === undefined) {
    void window.showErrorMessage(l10n.t("Set the address of the embedding service first: resona.embeddingUrl."));
    return;
  }
  const placeHolder = l10n.t("Key of which service?");
  const origin = origins.length === 1 ? first : await window.showQuickPick(origins, { placeHolder });
  if (origin === undefined) return;
  const key = await window.showInputBox({
    title: l10n.t("Key for {0}", origin),
    prompt: l10n.t("Leave empty to remove the key."),
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  if (key.trim() === "") await secrets.delete(keyName(origin));
  else await secrets.store(keyName(origin), key.trim());
}
