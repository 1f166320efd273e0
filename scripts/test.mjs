// `npm test`: sets up, then runs every check and test in the order of `turbo.json`.
import { join } from "node:path";

import { root, run, setUp } from "./setup.mjs";

const { node, env } = setUp();
process.exit(
  run(node, [join(root, "node_modules/turbo/bin/turbo"), "run", "check", ...process.argv.slice(2)], { env }),
);
