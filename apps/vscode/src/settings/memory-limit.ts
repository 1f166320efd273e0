/** Megabytes that the setting `memoryLimitMb` may have, and those that it has if nobody has set it. */
export const memoryLimit = { default: 512, minimum: 128, maximum: 16_384 } as const;

/**
 * The limit that a value of the setting means, in megabytes. A folder can set anything: what lies beyond the bounds
 * means the nearest of them, and what is no number the default, because an engine with less would only crash.
 */
export function memoryLimitOf(value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value)) return memoryLimit.default;
  return Math.round(Math.min(memoryLimit.maximum, Math.max(memoryLimit.minimum, value)));
}
