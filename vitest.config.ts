import { defineConfig } from "vitest/config";

// Tests run on the sources of the workspace's packages, without a build.
const conditions = ["@resona/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      "packages/*/{src,test}/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "apps/*/scripts/*.test.mjs",
      "scripts/**/*.test.mjs",
    ],
    // Real child processes, real databases: slow on a busy machine, never slow on purpose.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // For processes and threads that tests start from .ts entries.
    execArgv: ["--conditions=@resona/source"],
    pool: "forks",
  },
});
