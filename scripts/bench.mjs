// `npm run bench`: sets up, builds, and prints every measured bound (`--update` writes the committed baseline).
import { join } from "node:path";

import { root, run, runOrExit, setUp } from "./setup.mjs";

const { node, env } = await setUp();
await runOrExit(node, [join(root, "node_modules/typescript/bin/tsc"), "-b"], { env, stdio: ["ignore", 2, 2] });
process.exit(await run(node, [join(root, "packages/bench/dist/main.js"), ...process.argv.slice(2)], { env }));
