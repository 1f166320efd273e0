import type { OptionName } from "@resona/core";

/** How an option of the engine is offered as a setting. */
export interface OptionSetting {
  /** Its name after `resona.`. */
  readonly key: string;
  /**
   * `resource` differs by workspace folder, `machine-overridable` by machine and, where a folder says so, by folder;
   * `machine` never comes from a folder.
   */
  readonly scope: "resource" | "machine-overridable" | "machine";
  /** Whether a folder that is not trusted cannot set it. */
  readonly isRestricted: boolean;
  /** Of an option with a choice, what each value means; the empty one is that nothing is set. */
  readonly choices?: Readonly<Record<string, string>>;
}

const ofFolder = (key: string): OptionSetting => ({ key, scope: "resource", isRestricted: false });
const ofMachine = (key: string): OptionSetting => ({ key, scope: "machine-overridable", isRestricted: false });
/** Names what is read, written or sent to. */
const place = (key: string): OptionSetting => ({ key, scope: "machine-overridable", isRestricted: true });

/**
 * The setting of every engine option, in the order in which they are shown, or `null` for one that is none. An option
 * that is added to the engine's table does not compile until it is decided here.
 */
export const optionSettings: { readonly [N in OptionName]: OptionSetting | null } = {
  model: place("model"),
  modelPooling: {
    ...place("modelPooling"),
    choices: {
      "": "As the index was built with, or else as the model file says.",
      mean: "The mean of all token vectors.",
      cls: "The vector of the first token.",
      last: "The vector of the last token.",
    },
  },
  embeddingUrl: place("embeddingUrl"),
  embeddingModel: place("embeddingModel"),
  // Only the user agrees to that, not somebody who writes a folder's settings.
  remoteEmbedding: { key: "remoteEmbedding", scope: "machine", isRestricted: false },
  index: place("indexFolder"),
  // The editor has settings for that.
  exclude: null,
  maxFileBytes: ofFolder("maxFileBytes"),
  chunkChars: ofFolder("chunkChars"),
  batchSize: ofMachine("batchSize"),
  rateLimitDelayMs: ofMachine("rateLimitDelayMs"),
  modelThreads: ofMachine("modelThreads"),
  parserThreads: ofMachine("parserThreads"),
  maxConcurrentFiles: ofMachine("maxConcurrentFiles"),
  parseTimeoutMs: ofMachine("parseTimeoutMs"),
  // For those who watch the disk; a variable will do.
  checkpoint: null,
};
