import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type FileEvent, type FileState, MAX_ATTEMPTS, isSettled, nextState, pending } from "./file-state.ts";

const through = (...events: readonly FileEvent[]): FileState => events.reduce(nextState, pending);
const failed = (mayPass: boolean): FileEvent => ({ kind: "failed", error: "no", mayPass });

/** The same state for an event that is refused. */
function afterwards(state: FileState, event: FileEvent): FileState {
  try {
    return nextState(state, event);
  } catch (error) {
    if (error instanceof TypeError) return state;
    throw error;
  }
}

describe("the state of a file", () => {
  it("goes from pending through chunked and embedded to committed", () => {
    expect(through({ kind: "chunked" }, { kind: "embedded" }, { kind: "committed" })).toEqual({ kind: "committed" });
  });

  it("ends at once with a reason to skip it or an error that cannot pass", () => {
    expect(through({ kind: "skipped", reason: "binary" })).toEqual({ kind: "skipped", reason: "binary" });
    expect(through(failed(false))).toEqual({ kind: "failed", error: "no", attempts: 1 });
    expect(through({ kind: "chunked" }, failed(false))).toEqual({ kind: "failed", error: "no", attempts: 1 });
  });

  it("gives what can pass a few attempts in each stage", () => {
    const tries = Array.from({ length: MAX_ATTEMPTS - 1 }, () => failed(true));
    expect(through(...tries)).toEqual({ kind: "pending", attempts: MAX_ATTEMPTS });
    expect(through(...tries, failed(true))).toEqual({ kind: "failed", error: "no", attempts: MAX_ATTEMPTS });
    expect(through(...tries, { kind: "chunked" }, ...tries)).toEqual({ kind: "chunked", attempts: MAX_ATTEMPTS });
  });

  it("never skips a stage, never leaves its end and never tries without end, whatever happens", () => {
    const event = fc.oneof(
      fc.constantFrom<FileEvent>({ kind: "chunked" }, { kind: "embedded" }, { kind: "committed" }),
      fc.constant<FileEvent>({ kind: "skipped", reason: "binary" }),
      fc.boolean().map(failed),
    );
    const stages = ["pending", "chunked", "embedded", "committed"];
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state = pending;
        let moves = 0;
        for (const next of events) {
          const before = state;
          state = afterwards(before, next);
          if (state === before) continue;
          moves++;
          expect(isSettled(before)).toBe(false);
          const [from, to] = [stages.indexOf(before.kind), stages.indexOf(state.kind)];
          // Skipped and failed are no stages.
          expect([-1, from, from + 1]).toContain(to);
          expect("attempts" in state ? state.attempts : 1).toBeLessThanOrEqual(MAX_ATTEMPTS);
        }
        expect(moves).toBeLessThanOrEqual(2 * MAX_ATTEMPTS + 1);
      }),
    );
  });
});
