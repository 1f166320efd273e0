import { createHash } from "node:crypto";

import type { Item } from "../model/item.ts";

/** Longer ids are texts. */
const MAX_ID_BYTES = 1_024;
/** 16 Mi characters: some 11,000 records, which are written at once. */
const MAX_TEXT_CHARS = 16_777_216;
const HASH_BYTES = 16;

/** An item as it is compared with what is stored. */
export interface CheckedItem {
  readonly id: string;
  readonly text: string;
  /** JSON. */
  readonly metadata: string | undefined;
  /** Of text and metadata. */
  readonly hash: Uint8Array;
}

/**
 * Checks what an application, or a line of a file, gave as an item.
 *
 * @returns a sentence instead if it is none.
 */
export function checkItem(given: unknown): CheckedItem | string {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return "It is no object with id and text.";
  const { id, text, metadata } = given as Partial<Record<keyof Item, unknown>>;
  if (typeof id !== "string") return `Its id is ${nameOf(id)}, not a string.`;
  if (id === "") return "Its id is empty.";
  if (Buffer.byteLength(id) > MAX_ID_BYTES) return `Its id has more than ${MAX_ID_BYTES} bytes.`;
  if (!id.isWellFormed() || id.includes("\0")) return "Its id holds an unpaired surrogate or a NUL character.";
  if (typeof text !== "string") return `Its text is ${nameOf(text)}, not a string.`;
  if (text.length > MAX_TEXT_CHARS) return `Its text has ${text.length} characters; ${MAX_TEXT_CHARS} is the most.`;
  const json = jsonOf(metadata);
  if (json === "unusable") return "Its metadata cannot be written as JSON.";
  return { id, text, metadata: json, hash: hashOf(text, json) };
}

function jsonOf(metadata: unknown): string | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  try {
    // A function or a symbol gives nothing.
    const json: string | undefined = JSON.stringify(metadata);
    return json ?? "unusable";
  } catch {
    return "unusable";
  }
}

function hashOf(text: string, metadata: string | undefined): Uint8Array {
  const hash = createHash("sha256").update(text);
  // No text holds this byte in its UTF-8, so that it parts the two beyond doubt.
  if (metadata !== undefined) hash.update(separator).update(metadata);
  return hash.digest().subarray(0, HASH_BYTES);
}

const separator = Uint8Array.of(0xff);

function nameOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
