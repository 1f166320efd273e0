import { expect, it, onTestFinished } from "vitest";

import { Emitter } from "./emitter.ts";

it("tells its listeners in the order in which they were added, until they are disposed of", () => {
  const said: string[] = [];
  const emitter = new Emitter<string>();
  const first = emitter.event((word) => said.push(`first ${word}`));
  emitter.event((word) => said.push(`second ${word}`));
  emitter.fire("a");
  first.dispose();
  first.dispose();
  emitter.fire("b");
  expect(said).toEqual(["first a", "second a", "second b"]);
  emitter.dispose();
  emitter.fire("c");
  expect(said).toHaveLength(3);
});

it("tells a function as often as it was added", () => {
  const said: number[] = [];
  const listener = (number: number) => said.push(number);
  const emitter = new Emitter<number>();
  const once = emitter.event(listener);
  emitter.event(listener);
  emitter.fire(1);
  once.dispose();
  emitter.fire(2);
  expect(said).toEqual([1, 1, 2]);
});

it("does not tell those that are added while it tells", () => {
  const said: string[] = [];
  const emitter = new Emitter<string>();
  emitter.event(() => emitter.event((word) => said.push(word)));
  emitter.fire("a");
  expect(said).toEqual([]);
});

it("tells the others when one of them throws, and lets the error be seen", async () => {
  const said: string[] = [];
  const emitter = new Emitter<string>();
  emitter.event(() => {
    throw new Error("no");
  });
  emitter.event((word) => said.push(word));
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  onTestFinished(() => others.forEach((listener) => process.on("uncaughtException", listener)));
  const seen = new Promise((resolve) => process.once("uncaughtException", resolve));
  emitter.fire("a");
  expect(said).toEqual(["a"]);
  await expect(seen).resolves.toMatchObject({ message: "no" });
});
