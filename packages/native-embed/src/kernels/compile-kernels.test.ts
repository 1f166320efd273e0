import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect, it } from "vitest";

it("a process that waits for nothing but the kernels does not exit before it has them", async () => {
  const module = JSON.stringify(new URL("./compile-kernels.ts", import.meta.url).href);
  const script = `const { compileKernels } = await import(${module}); console.log((await compileKernels()).dot);`;
  const flags = ["--conditions=@resona/source", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  expect(stdout).toMatch(/^(exact|relaxed-signed|relaxed-unsigned)\n$/);
});
