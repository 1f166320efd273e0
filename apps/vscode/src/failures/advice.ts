import type { EngineErrorData } from "../protocol/engine-error.ts";
import { optionSettings } from "../settings/option-settings.ts";
import type { Localization } from "../text/wording.ts";

/** What helps with a failure. */
export interface Advice {
  /** One sentence; absent where the engine's own fits the editor as well. */
  readonly nextStep?: (l10n: Localization) => string;
  /** The one that helps first. */
  readonly buttons: readonly (NamedButton | SettingsButton)[];
}

type NamedButton = "index" | "restart" | "rebuild" | "heal" | "health" | "key" | "log" | "openFolder" | "extension";

/** Opens these settings, by their names after `resona.`. */
interface SettingsButton {
  readonly settings: readonly string[];
}

const settings = (...names: readonly string[]): SettingsButton => ({ settings: names });

/** There are few enough to look through. */
const everything: SettingsButton = { settings: Object.values(optionSettings).flatMap((one) => one?.key ?? []) };
const model = settings("model", "modelPooling");
const service = settings("embeddingUrl", "embeddingModel");
const place = settings("indexFolder");

const elsewhere: Advice["nextStep"] = (l10n) => l10n.t("Choose another location with the setting resona.indexFolder.");

/** The command line meets them, when it fetches repositories; the engine of a folder does not. */
const neverHere: Advice = { nextStep: (l10n) => l10n.t("Check the log."), buttons: ["log"] };

/** A failure that is added to one of the catalogues does not compile until it is decided here. */
const advice: { readonly [C in EngineErrorData["code"]]: Advice } = {
  WORKSPACE_NOT_FOUND: {
    nextStep: (l10n) => l10n.t("Put it back, or open another folder."),
    buttons: ["index", "openFolder"],
  },
  WORKSPACE_NOT_A_FOLDER: {
    nextStep: (l10n) => l10n.t("Open the folder that holds the files."),
    buttons: ["openFolder"],
  },
  WORKSPACE_NOT_READABLE: { buttons: ["index"] },
  GIT_FAILED: { buttons: ["index", "log"] },
  GIT_BARE_REPOSITORY: {
    nextStep: (l10n) => l10n.t("Clone it, and open the clone."),
    buttons: ["openFolder"],
  },
  GIT_NOT_INSTALLED: neverHere,
  GIT_URL_REFUSED: neverHere,
  GIT_BRANCH_REFUSED: neverHere,
  GIT_BRANCH_NOT_FOUND: neverHere,
  GIT_REPOSITORY_NOT_FOUND: neverHere,
  GIT_AUTHENTICATION_FAILED: neverHere,
  GIT_UNREACHABLE: neverHere,
  GIT_DISK_FULL: neverHere,
  GIT_CACHE_NOT_WRITABLE: neverHere,
  GIT_CLONE_FAILED: neverHere,
  NO_INDEX: {
    nextStep: (l10n) => l10n.t("Index the folder first."),
    buttons: ["index"],
  },
  INDEX_FOREIGN: {
    nextStep: (l10n) => l10n.t("Move it away, or choose another location with the setting resona.indexFolder."),
    buttons: [place],
  },
  INDEX_FROM_FUTURE: {
    nextStep: (l10n) => l10n.t("Update the extension, or choose another location with the setting resona.indexFolder."),
    buttons: ["extension", place],
  },
  INDEX_OUTDATED: {
    nextStep: (l10n) => l10n.t("Rebuild it, or change the settings back to those it was built with."),
    buttons: ["rebuild", model],
  },
  INDEX_LOCKED: {
    nextStep: (l10n) => l10n.t("Searches still work; the rest is done once that process has finished."),
    buttons: ["health"],
  },
  INDEX_BEING_BUILT: { buttons: ["health"] },
  INDEX_OF_OTHER_WORKSPACE: { nextStep: elsewhere, buttons: [place] },
  INDEX_OF_OTHER_CONTENTS: { nextStep: elsewhere, buttons: [place] },
  LOCK_LOST: {
    nextStep: (l10n) => l10n.t("What was indexed is kept; the rest is done once that process has finished."),
    buttons: ["health"],
  },
  INDEX_NOT_READABLE: {
    nextStep: (l10n) =>
      l10n.t("Check its permissions, or choose another location with the setting resona.indexFolder."),
    buttons: [place],
  },
  INDEX_NOT_WRITABLE: {
    nextStep: (l10n) => l10n.t("Choose a writable location with the setting resona.indexFolder."),
    buttons: [place, "index"],
  },
  INDEX_DAMAGED: {
    nextStep: (l10n) => l10n.t("Rebuild it; it holds derived data only, and your files are not touched."),
    buttons: ["rebuild", "health"],
  },
  INDEX_TORN: {
    nextStep: (l10n) => l10n.t("Heal it: it goes back to the previous version, and what is missing is indexed again."),
    buttons: ["heal", "health"],
  },
  STORE_FAILED: {
    nextStep: (l10n) => l10n.t("Try again; if it fails again, rebuild the index."),
    buttons: ["index", "rebuild", "log"],
  },
  DISK_FULL: {
    nextStep: (l10n) =>
      l10n.t("Free some space and try again, or choose another location with the setting resona.indexFolder."),
    buttons: ["index", place],
  },
  QUERY_EMPTY: { buttons: [] },
  QUERY_TOO_LONG: { buttons: [] },
  OPTION_INVALID: {
    nextStep: (l10n) => l10n.t("Change it in the settings, or in the environment that the editor was started from."),
    buttons: [everything],
  },
  MODEL_NOT_FOUND: {
    nextStep: (l10n) =>
      l10n.t(
        "Put the file back, or set resona.model to where it is now; the word built-in stands for the model that comes with Resona.",
      ),
    buttons: [model, "index"],
  },
  MODEL_NOT_READABLE: { buttons: [model, "index"] },
  MODEL_UNSUPPORTED: { buttons: [model] },
  MODEL_POOLING_UNKNOWN: {
    nextStep: (l10n) =>
      l10n.t("Set resona.modelPooling to what the model card says; the wrong pooling gives poor results."),
    buttons: [model],
  },
  MODEL_INVALID: { buttons: [model] },
  MODEL_OUT_OF_MEMORY: { buttons: [settings("model", "modelThreads"), "index"] },
  MODEL_FAILED: { nextStep: again, buttons: ["index", "log"] },
  EMBEDDER_URL_INVALID: { buttons: [service] },
  EMBEDDER_CONSENT_MISSING: {
    nextStep: (l10n) =>
      l10n.t("Allow it with the setting resona.remoteEmbedding, or use a model or a service on this machine."),
    buttons: [settings("remoteEmbedding", "embeddingUrl")],
  },
  EMBEDDER_KEY_INVALID: {
    nextStep: (l10n) => l10n.t("Set it again, without spaces and line breaks."),
    buttons: ["key"],
  },
  EMBEDDER_KEY_UNPROTECTED: {
    nextStep: (l10n) => l10n.t("Use an https:// address, or forget the key if the service needs none."),
    buttons: [service, "key"],
  },
  EMBEDDER_UNREACHABLE: { buttons: ["index", service] },
  EMBEDDER_TIMED_OUT: { nextStep: again, buttons: ["index", service] },
  EMBEDDER_REFUSED: {
    nextStep: (l10n) => l10n.t("Set the key of the service."),
    buttons: ["key", service],
  },
  EMBEDDER_MODEL_NOT_FOUND: { buttons: [service, "index"] },
  EMBEDDER_ENDPOINT_NOT_FOUND: { buttons: [service] },
  EMBEDDER_REDIRECTED: { buttons: [service] },
  EMBEDDER_RATE_LIMITED: {
    nextStep: (l10n) =>
      l10n.t("Try again later, perhaps with a larger resona.rateLimitDelayMs; what was indexed is kept."),
    buttons: ["index", settings("rateLimitDelayMs")],
  },
  EMBEDDER_FAILED: { nextStep: again, buttons: ["index", "log"] },
  EMBEDDER_REQUEST_REFUSED: { buttons: [service] },
  EMBEDDER_INVALID_ANSWER: { buttons: [service] },
  EMBEDDER_DIMENSION_CHANGED: {
    nextStep: (l10n) => l10n.t("If its model was replaced, rebuild the index."),
    buttons: ["rebuild", service],
  },
  EMBEDDER_MODEL_CHANGED: {
    nextStep: (l10n) =>
      l10n.t("Name the model with resona.embeddingModel, so that the service cannot choose another, and try again."),
    buttons: [service, "index"],
  },
  ENGINE_CRASHED: { buttons: ["log"] },
  ENGINE_OUT_OF_MEMORY: { buttons: [settings("memoryLimitMb")] },
  ENGINE_KEEPS_CRASHING: { buttons: ["restart", "log"] },
  ENGINE_NOT_ANSWERING: { buttons: ["restart", "log"] },
  ENGINE_CPU_UNSUPPORTED: { buttons: ["log"] },
  ENGINE_NATIVE_MISSING: { buttons: ["extension", "log"] },
  ENGINE_NATIVE_UNUSABLE: { buttons: ["extension", "restart", "log"] },
  ENGINE_NATIVE_NOT_UNPACKED: { buttons: ["restart", "log"] },
  ENGINE_NOT_STARTED: { buttons: ["restart", "log"] },
  ENGINE_STOPPED: { nextStep: again, buttons: ["index"] },
  ENGINE_FAILED: {
    nextStep: (l10n) => l10n.t("Try again; if it fails again, please report it and include the log."),
    buttons: ["index", "log"],
  },
};

function again(l10n: Localization): string {
  return l10n.t("Try again; what was indexed is kept.");
}

export function adviceFor(code: EngineErrorData["code"]): Advice {
  return advice[code];
}
