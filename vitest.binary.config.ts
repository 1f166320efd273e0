import { defineConfig } from "vitest/config";

import base from "./vitest.config.ts";

// `pnpm test:binary`: the tests of the command line once more, run against the single-file executable.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/cli/src/**/*.test.ts"],
    globalSetup: ["packages/cli/src/testing/install-binary.ts"],
  },
});
