/** What a thread of the pool runs; {@link file://./start-embed-worker.ts} starts it. */
import { parentPort, workerData } from "node:worker_threads";

import { createForward } from "../transformer/forward.ts";
import type { ForwardSetup } from "../transformer/forward.ts";
import { serveForward } from "./serve-forward.ts";

if (parentPort) serveForward(parentPort, createForward(workerData as ForwardSetup));
