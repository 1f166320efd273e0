// `npm start -- <resona command>`: sets up, builds what changed, and runs the CLI where npm was called from.
import { join } from "node:path";

import { root, run, runOrExit, setUp } from "./setup.mjs";

const { node, env } = await setUp();
await runOrExit(node, [join(root, "node_modules/typescript/bin/tsc"), "-b", "packages/cli/tsconfig.build.json"], {
  env,
  stdio: ["ignore", 2, 2],
});
// npm changes into the package's folder; relative paths on the command line are meant from where the user stands.
const cwd = process.env.INIT_CWD ?? process.cwd();
process.exit(await run(node, [join(root, "packages/cli/dist/main.js"), ...process.argv.slice(2)], { cwd, env }));
