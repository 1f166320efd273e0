import { type ChildProcess, spawn } from "node:child_process";

/** Indexes a workspace in a process of its own, which prints what the run found or the code of its error. */
export function startIndexProcess(workspace: string, index?: string): ChildProcess {
  const script = `
    import { openEngine } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const engine = await openEngine(${JSON.stringify({ workspace, index })});
    try {
      console.log(JSON.stringify(await engine.index({ onEvent: (event) => console.log(JSON.stringify(event)) })));
    } catch (error) {
      console.log(JSON.stringify({ code: error.code }));
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
