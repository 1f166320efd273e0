import { visible } from "./visible.ts";

/**
 * A text as notifications and dialogs may show it. They make links of `[label](address)`, and of `command:` addresses
 * too: the name of a folder or a file must not become one.
 */
export function messageText(text: string): string {
  return visible(text).replaceAll("](", "] (");
}
