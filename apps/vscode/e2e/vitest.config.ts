import { defineConfig } from "vitest/config";

import { extensionFolder } from "./paths.ts";

// The tests of the window: the packed extension in VS Code, with Chromium as its window.
export default defineConfig({
  test: {
    root: extensionFolder,
    include: ["e2e/ui/*.test.ts"],
    globalSetup: ["e2e/install-extension.ts"],
    // One editor at a time is enough for two cores.
    fileParallelism: false,
    pool: "forks",
    // Nothing here is a measure of time; a busy machine is waited for.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // The window takes the focus away by itself at times, from a list that a test has just opened.
    retry: 1,
    expect: { poll: { timeout: 60_000, interval: 100 } },
  },
});
