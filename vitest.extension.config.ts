import { defineConfig } from "vitest/config";

import base from "./vitest.config.ts";

// `pnpm test:extension`: tests of the packed extension, and those of an engine's process once more, run against it.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [
      "apps/vscode/test/**/*.test.ts",
      "apps/vscode/src/engine-client/{engine-client,shared-index}.test.ts",
      "apps/vscode/src/engine-process/orphan.test.ts",
    ],
    globalSetup: ["apps/vscode/src/testing/unpack-extension.ts"],
  },
});
