import fc from "fast-check";
import { expect, it } from "vitest";

import { type PageMessage, parsePageMessage, parsePageState } from "./messages.ts";

const path = fc.string({ minLength: 1 });
const valid: fc.Arbitrary<PageMessage> = fc.oneof(
  fc.record({ type: fc.constantFrom("ready", "cancel-maintenance", "cancel-examination", "refresh", "examine") }),
  fc.record({ type: fc.constant("help"), command: path }),
  fc.record({ type: fc.constant("run"), action: fc.constantFrom("maintain", "index", "rebuild", "heal") }),
  fc.record({ type: fc.constant("select-folder"), folder: path }),
  fc.record({ type: fc.constant("open-file"), path }),
) as fc.Arbitrary<PageMessage>;

it("a message of the page is understood, and nothing is kept of it that does not belong there", () => {
  fc.assert(
    fc.property(valid, fc.dictionary(fc.constantFrom("extra", "arguments"), fc.anything()), (message, more) => {
      expect(parsePageMessage({ ...more, ...message })).toEqual(message);
    }),
  );
});

it("anything else is no message", () => {
  for (const message of [
    { type: "run", action: "none" },
    { type: "run", action: "constructor" },
    { type: "run" },
    { type: "help" },
    { type: "open-file", path: 1 },
    { type: "open-file", path: "" },
    { type: "open-file", path: "x".repeat(100_000) },
    { type: "toString" },
    [],
    "ready",
  ])
    expect(parsePageMessage(message)).toBeUndefined();
  fc.assert(
    fc.property(fc.anything(), (message) => {
      // None of them is called as one of the types is.
      expect(parsePageMessage(message)).toBeUndefined();
    }),
  );
});

it("the state of another page has no folder", () => {
  expect(parsePageState({ folder: "file:///a", scrolled: 3 })).toEqual({ folder: "file:///a" });
  for (const state of [undefined, null, "x", {}, { folder: 1 }]) expect(parsePageState(state)).toBeUndefined();
});
