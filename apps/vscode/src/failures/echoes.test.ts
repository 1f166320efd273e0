import { expect, it } from "vitest";

import { engineError } from "../protocol/engine-error.ts";
import { Echoes } from "./echoes.ts";

it("knows an error that was told just now, and no other that says the same", () => {
  const echoes = new Echoes();
  const [one, other] = [engineError("ENGINE_STOPPED", {}), engineError("ENGINE_STOPPED", {})];
  expect([echoes.isEcho(one, 0), echoes.isEcho(one, 1), echoes.isEcho(other, 2), echoes.isEcho(one, 999)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

it("tells it again to those who ask again", () => {
  const echoes = new Echoes();
  const error = engineError("ENGINE_STOPPED", {});
  expect([0, 500, 1_000, 1_500, 2_000].map((now) => echoes.isEcho(error, now))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});
