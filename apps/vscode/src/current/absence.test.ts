import { expect, it } from "vitest";

import { Absence } from "./absence.ts";

const MINUTE = 60_000;

it("is over once, when the user is back after more than five minutes", () => {
  const absence = new Absence();
  expect(absence.isOver(false, 0)).toBe(false);
  expect(absence.isOver(true, 6 * MINUTE)).toBe(true);
  expect(absence.isOver(true, 7 * MINUTE)).toBe(false);
  expect(absence.isOver(true, 60 * MINUTE)).toBe(false);
});

it("is none when it was short, or when the user never left", () => {
  const absence = new Absence();
  expect(absence.isOver(true, 60 * MINUTE)).toBe(false);
  absence.isOver(false, 60 * MINUTE);
  expect(absence.isOver(true, 64 * MINUTE)).toBe(false);
});

it("is as long as from when the user left, whatever else the window tells meanwhile", () => {
  const absence = new Absence();
  absence.isOver(false, 0);
  absence.isOver(false, 5 * MINUTE);
  expect(absence.isOver(true, 6 * MINUTE)).toBe(true);
});
