import type { IndexedModel } from "../model/indexed-model.ts";
import { type Fingerprint, fingerprintChanges } from "./fingerprint.ts";
import { BUILT_IN_MODEL, type EngineOptions, type RecordOptionName, flagOf, optionTable } from "./options.ts";
import { recordOptionNames } from "./record-options.ts";

/** What an index was made with, or would be made with now. */
export interface IndexIdentity {
  readonly fingerprint: Fingerprint;
  /** Absent in an index of a Resona that knew the built-in model only. */
  readonly model?: IndexedModel | undefined;
}

/** Why an index cannot be mixed with what would be written now. */
export interface IndexDifferences {
  /** Clauses about the index, called "it". */
  readonly reasons: readonly string[];
  /** The command that builds it anew, and what keeps it as it is; one sentence. */
  readonly nextStep: string;
}

/**
 * Compares an index with what is asked for now.
 *
 * @param given what the caller asked for itself; all else comes from the environment's variables and from the index.
 * @returns undefined if they are alike.
 */
export function indexDifferences(
  indexed: IndexIdentity,
  asked: IndexIdentity,
  given: EngineOptions,
): IndexDifferences | undefined {
  const changes = new Set(fingerprintChanges(indexed.fingerprint, asked.fingerprint));
  if (changes.size === 0) return undefined;
  const differences: Difference[] = [];
  if (changes.delete("model")) {
    differences.push(modelDifference(indexed, asked, given));
    // These two come with the model.
    changes.delete("dimension");
    if (asked.fingerprint["modelPooling"] === undefined) changes.delete("modelPooling");
  }
  for (const name of recordOptionNames)
    if (changes.delete(name)) differences.push(optionDifference(name, indexed, asked, given));
  // What is left is not the user's doing.
  if (changes.size > 0) differences.push({ reason: "it was made by another version of Resona", remedy: undefined });
  return {
    reasons: differences.map(({ reason }) => reason),
    nextStep: `Run \`${indexCommand(given)}\` to build it anew${otherwise(differences)}.`,
  };
}

interface Difference {
  readonly reason: string;
  /** What makes the index usable as it is; undefined if nothing does. */
  readonly remedy: string | undefined;
}

function modelDifference(indexed: IndexIdentity, asked: IndexIdentity, given: EngineOptions): Difference {
  const { path, url } = asked.model ?? {};
  const before = indexed.model;
  if (url !== undefined && url === before?.url && asked.model?.serviceModel === before.serviceModel)
    return { reason: `the embedding service at ${url} runs another model than before`, remedy: undefined };
  if (path === before?.path && url === before?.url) {
    if (url !== undefined) return serviceDifference(indexed, asked, given);
    if (path === undefined) return { reason: "the built-in embedding model has changed", remedy: undefined };
    return { reason: `the model file ${path} has changed since`, remedy: "put the old file back" };
  }
  const reason = `it was made with the embedding model ${modelLabel(indexed)}, not with ${modelLabel(asked)}`;
  return { reason, remedy: withdrawal(url === undefined ? "model" : "embeddingUrl", given) };
}

function serviceDifference(indexed: IndexIdentity, asked: IndexIdentity, given: EngineOptions): Difference {
  const reason = `it was made with the embedding model ${modelLabel(indexed)}, not with ${modelLabel(asked)}`;
  return { reason, remedy: withdrawal("embeddingModel", given) };
}

function optionDifference(
  name: RecordOptionName,
  indexed: IndexIdentity,
  asked: IndexIdentity,
  given: EngineOptions,
): Difference {
  const [was, now] = [indexed.fingerprint[name], asked.fingerprint[name]];
  const flag = flagOf(name);
  if (now === undefined) return { reason: `it was made with ${flag} ${was}`, remedy: `give ${flag} ${was}` };
  const reason =
    was === undefined ? `it was made without ${flag} ${now}` : `it was made with ${flag} ${was}, not ${now}`;
  return { reason, remedy: withdrawal(name, given) };
}

function withdrawal(
  name: RecordOptionName | "model" | "embeddingUrl" | "embeddingModel",
  given: EngineOptions,
): string {
  return given[name] === undefined ? `unset ${optionTable[name].env}` : `leave ${flagOf(name)} out`;
}

function otherwise(differences: readonly Difference[]): string {
  const remedies = differences.map(({ remedy }) => remedy);
  return remedies.includes(undefined) ? "" : `, or ${remedies.join(" and ")} to use it as it is`;
}

/** The command that says what was asked for; what the environment says, it goes on saying. */
function indexCommand(given: EngineOptions): string {
  const flags = (["model", "embeddingUrl", "embeddingModel", ...recordOptionNames] as const).flatMap((name) =>
    given[name] === undefined ? [] : [`${flagOf(name)} ${shellWord(String(given[name]))}`],
  );
  return ["resona index", ...flags].join(" ");
}

/** Quoted where a shell would take it apart. */
function shellWord(text: string): string {
  return /^[\w./\\:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Two versions of a model have the same name, so some digits of its content's hash are part of the label. */
function modelLabel({ fingerprint, model }: IndexIdentity): string {
  const digits = String(fingerprint["model"]).slice(0, 12);
  return model === undefined ? `${BUILT_IN_MODEL} (${digits})` : `${model.name} (${digits})`;
}
