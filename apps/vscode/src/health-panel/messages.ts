import type { Remedy } from "@resona/core";

/** What a remedy's button does. */
export type Action = Exclude<Remedy["kind"], "none">;

const actions: readonly Action[] = ["maintain", "index", "rebuild", "heal"];

/** What the page tells the extension. */
export type PageMessage =
  /** The page is there, and shows what it was made with. */
  | { readonly type: "ready" }
  | { readonly type: "run"; readonly action: Action }
  | { readonly type: "cancel-maintenance" }
  | { readonly type: "cancel-examination" }
  | { readonly type: "refresh" }
  | { readonly type: "examine" }
  /** One of the buttons that help with the failure that is shown, by what it runs. */
  | { readonly type: "help"; readonly command: string }
  | { readonly type: "select-folder"; readonly folder: string }
  /** `path` is relative to the folder, as the page was given it. */
  | { readonly type: "open-file"; readonly path: string };

/** What the extension tells the page: sections by their ids, whole. */
export interface UpdateMessage {
  readonly type: "update";
  /** That the page is about now. */
  readonly folder: string;
  readonly sections: Readonly<Record<string, string>>;
  /** Said by screen readers when it changes. */
  readonly announcement: string;
}

/** What the page keeps while it is hidden and when the editor is started again. */
export interface PageState {
  readonly folder: string;
}

/** Paths are no longer than that on any system. */
const MAX_TEXT = 32_768;

/** A message of the page; undefined if it is none: anything can be posted. */
export function parsePageMessage(message: unknown): PageMessage | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { type, action, command, folder, path } = message as Partial<Record<string, unknown>>;
  switch (type) {
    case "ready":
    case "cancel-maintenance":
    case "cancel-examination":
    case "refresh":
    case "examine":
      return { type };
    case "help":
      return isText(command) ? { type, command } : undefined;
    case "run": {
      const known = actions.find((one) => one === action);
      return known && { type, action: known };
    }
    case "select-folder":
      return isText(folder) ? { type, folder } : undefined;
    case "open-file":
      return isText(path) ? { type, path } : undefined;
    default:
      return undefined;
  }
}

/** The folder that a page showed; undefined if the state is of something else. */
export function parsePageState(state: unknown): PageState | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const { folder } = state as Partial<Record<string, unknown>>;
  return isText(folder) ? { folder } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_TEXT;
}
