import { resonaError } from "../errors.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** @throws ResonaError `OPTION_INVALID` */
export function checkedLimit(limit: number = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw resonaError("OPTION_INVALID", { option: "limit", detail: `must be a whole number from 1 to ${MAX_LIMIT}` });
}
