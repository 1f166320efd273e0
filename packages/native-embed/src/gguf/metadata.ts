import { nativeEmbedError } from "../errors.ts";
import type { GgufArray, GgufHeader } from "./gguf-header.ts";

/** A text that the model cannot do without. Throws `INVALID_METADATA`. */
export function requiredText(header: GgufHeader, key: string): string {
  const value = header.metadata.get(key);
  if (typeof value !== "string") throw unusable(header, key, "a text");
  return value;
}

/** A whole number, bounds inclusive. Throws `INVALID_METADATA`, or `LIMIT_EXCEEDED` above `max`. */
export function requiredInteger(header: GgufHeader, key: string, min: number, max: number): number {
  const value = header.metadata.get(key);
  if (typeof value === "bigint" || (typeof value === "number" && value > max)) {
    throw nativeEmbedError("LIMIT_EXCEEDED", header.name, `"${key}" is ${value}, more than ${max}`);
  }
  if (typeof value !== "number" || !Number.isInteger(value) || value < min) {
    throw unusable(header, key, `a whole number from ${min} on`);
  }
  return value;
}

/** A finite number, not negative. Throws `INVALID_METADATA`. */
export function requiredWeight(header: GgufHeader, key: string): number {
  const value = header.metadata.get(key);
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw unusable(header, key, "a finite number from 0 on");
  }
  return value;
}

/** A finite number, or undefined when the file does not have the key. Throws `INVALID_METADATA`. */
export function optionalNumber(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw unusable(header, key, "a finite number");
  return value;
}

/** An array of texts, as its place in the file. Throws `INVALID_METADATA`. */
export function requiredTexts(header: GgufHeader, key: string): GgufArray {
  const value = header.metadata.get(key);
  if (typeof value !== "object" || value.kind !== "array" || value.elementType !== "string") {
    throw unusable(header, key, "an array of texts");
  }
  return value;
}

/** For a key whose value must be exactly this one, because nothing else is implemented. Throws `INVALID_METADATA`. */
export function requireValue(header: GgufHeader, key: string, expected: string | boolean): void {
  if (header.metadata.get(key) !== expected) throw unusable(header, key, JSON.stringify(expected));
}

function unusable(header: GgufHeader, key: string, expected: string): Error {
  const problem = header.metadata.has(key) ? "is not" : "is missing; it must be";
  return nativeEmbedError("INVALID_METADATA", header.name, `"${key}" ${problem} ${expected}`);
}
