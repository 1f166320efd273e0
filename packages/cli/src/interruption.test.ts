import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const source = JSON.stringify(fileURLToPath(new URL("interruption.ts", import.meta.url)));
const script = `
  import { abortOnInterruption } from ${source};
  setInterval(() => {}, 1000);
  abortOnInterruption().addEventListener("abort", () => console.log("aborted"));
  console.log("ready");
`;

test.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
  "the first %s aborts, the second ends the process at once",
  async (signal) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const said = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
    expect((await said.next()).value).toBe("ready\n");
    child.kill(signal);
    expect((await said.next()).value).toBe("aborted\n");
    child.kill(signal);
    expect(await exited).toEqual([130, null]);
  },
);
