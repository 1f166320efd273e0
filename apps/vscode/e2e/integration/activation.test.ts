import assert from "node:assert/strict";

import { describe, it } from "mocha";
import { commands, extensions } from "vscode";

const extension = extensions.getExtension("resona.resona");

describe("Activation", () => {
  it("succeeds, and says how long the extension host took for it", async () => {
    assert.ok(extension);
    await extension.activate();
    const { loadMs, activateMs } = activationTimes("resona.resona");
    console.log(`      loading ${loadMs.toFixed(1)} ms, activate() ${activateMs.toFixed(1)} ms`);
  });

  it("registers every command that the manifest has", async () => {
    assert.ok(extension);
    const declared = (extension.packageJSON.contributes.commands as { command: string }[]).map(
      ({ command }) => command,
    );
    const registered = new Set(await commands.getCommands(true));
    assert.deepEqual(
      declared.filter((command) => !registered.has(command)),
      [],
    );
  });
});

/** What VS Code's own performance marks say, which its "Startup Performance" shows. */
function activationTimes(id: string): { loadMs: number; activateMs: number } {
  const { MonacoPerformanceMarks } = globalThis as unknown as {
    MonacoPerformanceMarks: { getMarks(): { name: string; startTime: number }[] };
  };
  const marks = new Map(MonacoPerformanceMarks.getMarks().map(({ name, startTime }) => [name, startTime]));
  const between = (start: string, end: string): number =>
    (marks.get(`code/extHost/${end}/${id}`) ?? Number.NaN) - (marks.get(`code/extHost/${start}/${id}`) ?? Number.NaN);
  return {
    loadMs: between("willLoadExtensionCode", "didLoadExtensionCode"),
    activateMs: between("willActivateExtension", "didActivateExtension"),
  };
}
