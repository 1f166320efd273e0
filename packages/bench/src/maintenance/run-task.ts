// A process of its own for one task of the benchmark: does what its first message asks, answers, and ends. A second
// message stops a task that goes on until then.
import { once } from "node:events";

import { type TaskName, tasks } from "./tasks.ts";

const [{ task, request }] = (await once(process, "message")) as [{ task: TaskName; request: never }];
const stop = new AbortController();
process.once("message", () => {
  stop.abort();
});
process.send?.({ answer: await tasks[task](request, stop.signal) });
process.disconnect();
