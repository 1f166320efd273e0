import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { sourcesHash } from "../../wasm/sources.mjs";

const file = (name: string): Buffer => readFileSync(new URL(`../../wasm/${name}`, import.meta.url));
const record = JSON.parse(file("kernels.json").toString()) as {
  readonly sources: string;
  readonly binaries: Readonly<Record<string, string>>;
};

it("the committed binaries were built from the committed sources (else: pnpm --filter @resona/native-embed build:wasm)", () => {
  expect(sourcesHash()).toBe(record.sources);
});

it.each(Object.entries(record.binaries))("%s is the one that was built then", (name, hash) => {
  expect(createHash("sha256").update(file(name)).digest("hex")).toBe(hash);
});
