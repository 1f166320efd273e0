import { once } from "node:events";
import { createInterface } from "node:readline/promises";

/**
 * Asks a question and gives the line that is answered, empty at the end of the input.
 *
 * @throws the signal's reason when aborted.
 */
export async function askAt(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  // The terminal itself edits the line, and turns Ctrl-C into a signal.
  const lines = createInterface({ input, output, terminal: false });
  try {
    const ended = once(lines, "close", { signal }).then(() => "");
    return await Promise.race([lines.question(question, { signal }), ended]);
  } finally {
    lines.close();
  }
}
