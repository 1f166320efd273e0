import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect, it, onTestFinished } from "vitest";

import { clientOf } from "../testing/engine.ts";
import { manyFiles, workspaceOf } from "../testing/workspace.ts";

const cli = fileURLToPath(new URL("../../../../packages/cli/src/main.ts", import.meta.url));

it("reads on while the command line writes the same index, and says who writes it", async () => {
  const workspace = await workspaceOf({ "apples.md": "# Apples are red" });
  const { client } = clientOf(workspace);
  await client.index();
  for (const [path, text] of Object.entries(manyFiles(20))) await writeFile(join(workspace, path.slice(4)), text);

  const args = ["--conditions=@resona/source", cli, "index", "--workspace", workspace];
  const command = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const said = textOf(command.stderr);
  onTestFinished(() => void command.kill("SIGKILL"));
  const ended = once(command, "exit");
  // Whoever has the lock and stands still has it for as long as that lasts.
  while (!existsSync(join(workspace, ".resona/writer.lock"))) await sleep(2);
  command.kill("SIGSTOP");

  await expect(client.index()).rejects.toMatchObject({
    code: "INDEX_LOCKED",
    message: expect.stringContaining(String(command.pid)) as string,
  });
  expect((await client.search("apples")).hits).toMatchObject([{ path: "apples.md" }]);

  command.kill("SIGCONT");
  expect([...(await ended), await said]).toEqual([0, null, expect.not.stringContaining("error")]);
  expect(await client.index()).toMatchObject({ filesIndexed: 0, filesInIndex: 21 });
  expect((await client.search("upload3x7", { limit: 1 })).hits).toMatchObject([{ path: "upload-3.ts" }]);
});
