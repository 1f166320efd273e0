/** The process of one workspace folder's engine, started by `engine-client/engine-session.ts`. */
import { setPriority } from "node:os";

import { loadNativeLibrary, openEngine } from "@resona/core";
import { IPCMessageReader, IPCMessageWriter, createMessageConnection } from "vscode-jsonrpc/node";

import { methodOf } from "../protocol/protocol.ts";
import { EngineServer } from "./engine-server.ts";
import { nativeFailure } from "./native-failure.ts";
import { watchParent } from "./watch-parent.ts";

/** Without a client nobody waits for what is under way. What is committed stays in any case. */
const MS_TO_FINISH = 3_000;

/** Between normal and below normal: an editor's own processes go first, and a search is not starved by a compiler. */
const NICENESS = 5;

// Threads that are started from here on have it too.
try {
  setPriority(NICENESS);
} catch {
  // Some sandboxes do not allow it.
}

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const server = new EngineServer(connection, async ({ workspace, options }) => {
  const engine = await openEngine({ workspace, ...options });
  try {
    await loadNativeLibrary();
  } catch (error) {
    throw nativeFailure(error);
  }
  return engine;
});

let isEnding = false;

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  setTimeout(() => process.exit(1), MS_TO_FINISH).unref();
  await server.stop();
  process.exit(0);
}

watchParent(() => void end());
process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());
connection.onNotification(methodOf("exit"), () => process.exit(0));
server.listen();
