// `npm test`: sets up, then runs every check and, once they have passed, the tests; `turbo.json` has the order.
import { join } from "node:path";

import { root, run, setUp } from "./setup.mjs";

const tasks = [
  "build",
  "typecheck",
  "format:check",
  "lint",
  "knip",
  "publint",
  "test:unit",
  "test:binary",
  "test:extension",
  "test:e2e",
];

const { node, env } = await setUp();
process.exit(await run(node, [join(root, "node_modules/turbo/bin/turbo"), "run", ...tasks], { env }));
