import { type ChildProcess, spawn } from "node:child_process";

import type { EngineOptions } from "../src/index.ts";

/** What a process does beside indexing. */
export interface IndexProcessOptions extends EngineOptions {
  /** Maintains the index afterwards, all steps of it. */
  readonly thenMaintain?: boolean;
  /** Code to be run first. */
  readonly prelude?: string;
}

/**
 * Indexes a workspace in a process of its own, which prints that it has begun, what happens (one event a line), and
 * what the run found or the code of its error.
 */
export function startIndexProcess(
  workspace: string,
  { thenMaintain = false, prelude = "", ...options }: IndexProcessOptions = {},
): ChildProcess {
  const script = `
    import { openEngine } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    ${prelude}
    const print = (value) => console.log(JSON.stringify(value));
    const engine = await openEngine(${JSON.stringify({ workspace, ...options })});
    print({ type: "begun" });
    try {
      const summary = await engine.index({ onEvent: print });
      if (${thenMaintain}) {
        const onProgress = (step, details) => print({ type: "debug", message: step + ": " + details });
        const { failures } = await engine.maintain({ retentionDays: 0, onProgress });
        for (const { message } of failures) print({ type: "notice", code: "MAINTENANCE_FAILED", message });
      }
      print(summary);
    } catch (error) {
      print({ code: error.code, message: error.message });
    }
    await engine.close();`;
  const args = ["--conditions=@resona/source", "--input-type=module", "-e", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Everything that a process prints until it ends, however it ends. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const part of child.stdout?.setEncoding("utf8") ?? []) text += part;
  return text;
}
