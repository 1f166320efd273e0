import { expect, it } from "vitest";

import { visible } from "./visible.ts";

it("shows what would hide or reorder text, and leaves the rest", () => {
  expect(visible("invoice\u202Etxt.exe")).toBe("invoice\\u202etxt.exe");
  expect(visible("a\nb\tc\rd\u0007")).toBe("a\\nb\\tc\\rd\\u0007");
  expect(visible("half \uD83D of a pair")).toBe("half \\ud83d of a pair");
  const harmless = "größe/日本語/שלום/👩‍💻/naïve – 'x' \"y\" <z>";
  expect(visible(harmless)).toBe(harmless);
});
