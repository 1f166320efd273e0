import type { SkipReason } from "../model/skip-reason.ts";

/** Attempts at what can pass, for example a file that another program has locked; then the next run tries again. */
export const MAX_ATTEMPTS = 3;

/**
 * Where a file is in a run:
 *
 * ```
 * pending → chunked → embedded → committed
 *    ├────────┴→ failed (also for good, after a few attempts at what can pass)
 *    └→ skipped
 * ```
 */
export type FileState =
  | { readonly kind: "pending" | "chunked" | "embedded"; readonly attempts: number }
  | { readonly kind: "committed" }
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  | { readonly kind: "failed"; readonly error: string; readonly attempts: number };

/** What happens to a file. */
export type FileEvent =
  | { readonly kind: "chunked" | "embedded" | "committed" }
  | { readonly kind: "skipped"; readonly reason: SkipReason }
  /** `mayPass`: the same may succeed a moment later. */
  | { readonly kind: "failed"; readonly error: string; readonly mayPass: boolean };

export const pending: FileState = { kind: "pending", attempts: 1 };

/**
 * What becomes of a file. Pure.
 *
 * @throws TypeError for an event that cannot happen in the state: a mistake in the pipeline.
 */
export function nextState(state: FileState, event: FileEvent): FileState {
  switch (state.kind) {
    case "pending":
      if (event.kind === "chunked") return { kind: "chunked", attempts: 1 };
      if (event.kind === "skipped") return { kind: "skipped", reason: event.reason };
      break;
    case "chunked":
      if (event.kind === "embedded") return { kind: "embedded", attempts: 1 };
      break;
    case "embedded":
      if (event.kind === "committed") return { kind: "committed" };
      break;
    case "committed":
    case "skipped":
    case "failed":
      break;
  }
  if (event.kind !== "failed" || (state.kind !== "pending" && state.kind !== "chunked"))
    throw new TypeError(`A file that is ${state.kind} cannot become ${event.kind}.`);
  const { attempts } = state;
  if (event.mayPass && attempts < MAX_ATTEMPTS) return { kind: state.kind, attempts: attempts + 1 };
  return { kind: "failed", error: event.error, attempts };
}

/** Whether nothing more happens to the file in this run. */
export function isSettled({ kind }: FileState): boolean {
  return kind === "committed" || kind === "skipped" || kind === "failed";
}
