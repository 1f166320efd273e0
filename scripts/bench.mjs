// `npm run bench`: sets up, builds, and prints every measured bound (`--update` writes the committed baseline).
import { join } from "node:path";

import { root, run, runOrExit, setUp } from "./setup.mjs";

const { node, env } = await setUp();
for (const build of [["node_modules/typescript/bin/tsc", "-b"], ["scripts/build-binary.mjs"]])
  await runOrExit(node, build, { env, stdio: ["ignore", 2, 2] });
process.exit(await run(node, [join(root, "packages/bench/dist/main.js"), ...process.argv.slice(2)], { env }));
