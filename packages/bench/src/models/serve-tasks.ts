// The entry of a measuring process: does the tasks that its parent sends, one after the other.
import { type Answer, type Question, tasks } from "./tasks.ts";

process.on("message", (question: Question) => void answer(question));

async function answer({ task, input }: Question): Promise<void> {
  let message: Answer;
  try {
    message = { result: await (tasks[task] as (of: unknown) => unknown)(input) };
  } catch (error) {
    message = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(message);
}

process.on("disconnect", () => process.exit());
