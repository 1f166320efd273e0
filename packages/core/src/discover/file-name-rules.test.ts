import { expect, test } from "vitest";

import { skipReasonOfName } from "./file-name-rules.ts";

test.each([
  ["package-lock.json", "lock-file"],
  ["Cargo.lock", "lock-file"],
  ["bun.lockb", "lock-file"],
  ["Package.resolved", "lock-file"],
  ["go.sum", "lock-file"],
  ["logo.PNG", "binary"],
  ["icon.svg", "binary"],
  ["model.safetensors", "binary"],
  ["archive.tar.gz", "binary"],
  ["module.wasm", "binary"],
  ["app.min.js", "minified"],
  ["jquery-min.js", "minified"],
  ["style.css.map", "minified"],
] as const)("%s is skipped as %s", (name, reason) => {
  expect(skipReasonOfName(name)).toBe(reason);
});

test.each(["main.ts", "Makefile", "lock.rs", "package.json", "go.mod", "a.lock.ts", "png", ".gitignore", "world.map"])(
  "%s is not settled by its name",
  (name) => {
    expect(skipReasonOfName(name)).toBeUndefined();
  },
);
