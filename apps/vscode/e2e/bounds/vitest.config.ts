import { defineConfig } from "vitest/config";

import { extensionFolder } from "../paths.ts";

// Measures and asserts nothing; `npm run bench -- extension` compares with what is promised.
export default defineConfig({
  test: {
    root: extensionFolder,
    include: ["e2e/bounds/*.measure.ts"],
    globalSetup: ["e2e/install-extension.ts", "e2e/bounds/install-probe.ts"],
    pool: "forks",
    testTimeout: 600_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 100 } },
  },
});
