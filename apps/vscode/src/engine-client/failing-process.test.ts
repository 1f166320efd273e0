import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { clientOf, isAlive, pidOf, reached } from "../testing/engine.ts";
import { temporaryFolder, workspaceOf } from "../testing/workspace.ts";

const impatient = { firstDelayMs: 1, maxCrashes: 3, shutdownMs: 200, terminateMs: 200 };

/** A module to run in place of the engine's process. */
async function entryOf(code: string): Promise<{ readonly entry: string; readonly execArgv: readonly string[] }> {
  const entry = join(await temporaryFolder(), "process.mjs");
  await writeFile(entry, code);
  return { entry, execArgv: [] };
}

describe("an engine whose process fails", () => {
  it("is started again until it has crashed too often, and says why", async () => {
    const process = await entryOf(`console.error("the last words"); process.exitCode = 7;`);
    const { client, states, log } = clientOf(await temporaryFolder(), process, impatient);
    await expect(client.stats()).rejects.toMatchObject({
      code: "ENGINE_KEEPS_CRASHING",
      message: expect.stringMatching(/3 times within 3 minutes.*\(exit code 7\)/u) as string,
    });
    expect(states.map((state) => (state.kind === "restarting" ? state.inMs : state.kind))).toEqual([
      "starting",
      1,
      "starting",
      2,
      "starting",
      "failed",
    ]);
    expect(log).toContainEqual({ level: "warn", message: "the last words" });
  });

  it("is started once more when that is asked for", async () => {
    const crashing = await entryOf(`process.exitCode = 7;`);
    const workspace = await workspaceOf({ "a.md": "# Apples" });
    let isMended = false;
    const { client } = clientOf(workspace, () => (isMended ? {} : crashing), impatient);
    await expect(client.index()).rejects.toMatchObject({ code: "ENGINE_KEEPS_CRASHING" });
    isMended = true;
    await expect(client.index()).rejects.toMatchObject({ code: "ENGINE_KEEPS_CRASHING" });
    await client.restart();
    expect(await client.index()).toMatchObject({ status: "completed" });
  });

  it("is not started again on a processor that cannot run it", async () => {
    const process = await entryOf(`process.kill(process.pid, "SIGILL");`);
    const { client, states } = clientOf(await temporaryFolder(), process, impatient);
    await expect(client.stats()).rejects.toMatchObject({ code: "ENGINE_CPU_UNSUPPORTED" });
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "failed"]);
  });

  it("says that its memory is limited, and to how much", async () => {
    const process = await entryOf(`const all = []; for (;;) all.push(Array.from({ length: 1e5 }, () => ({})));`);
    const { client, states } = clientOf(await temporaryFolder(), { ...process, memoryLimitMb: 32 }, impatient);
    await expect(client.stats()).rejects.toMatchObject({
      code: "ENGINE_KEEPS_CRASHING",
      nextStep: expect.stringContaining("resona.memoryLimitMb") as string,
      cause: expect.objectContaining({ code: "ENGINE_OUT_OF_MEMORY" }) as object,
    });
    expect(states).toContainEqual(
      expect.objectContaining({
        kind: "restarting",
        reason: expect.objectContaining({
          code: "ENGINE_OUT_OF_MEMORY",
          message: expect.stringContaining("32 MB") as string,
        }) as object,
      }),
    );
  });

  it("says what is missing where there is no database library for the platform", async () => {
    const environment = { NAPI_RS_NATIVE_LIBRARY_PATH: join(await temporaryFolder(), "gone.node") };
    const { client } = clientOf(await temporaryFolder(), { environment }, impatient);
    await expect(client.stats()).rejects.toMatchObject({
      code: "ENGINE_NATIVE_MISSING",
      message: expect.stringContaining(`${process.platform}-${process.arch}`) as string,
    });
    expect(client.state.kind).toBe("failed");
  });

  it("says why a database library does not load", async () => {
    const library = join(await temporaryFolder(), "other.node");
    await writeFile(library, "not a library");
    const environment = { NAPI_RS_NATIVE_LIBRARY_PATH: library };
    const { client } = clientOf(await temporaryFolder(), { environment }, impatient);
    await expect(client.stats()).rejects.toMatchObject({
      code: "ENGINE_NATIVE_UNUSABLE",
      message: expect.stringContaining(library) as string,
    });
  });

  it("says when it cannot even be prepared", async () => {
    const { client } = clientOf("/", () => {
      throw new Error("no settings today");
    });
    await expect(client.stats()).rejects.toMatchObject({
      code: "ENGINE_NOT_STARTED",
      message: expect.stringContaining("no settings today") as string,
    });
  });

  it("is killed when it does not answer, at its start and at its end", async () => {
    const deaf = await entryOf(`process.on("SIGTERM", () => {}); process.on("message", () => {});`);
    const timing = { ...impatient, startMs: 300 };
    const { client, states } = clientOf(await temporaryFolder(), deaf, timing);
    await expect(client.stats()).rejects.toMatchObject({
      code: "ENGINE_NOT_ANSWERING",
      message: expect.stringContaining("did not answer within 0.3 s") as string,
    });
    // A second chance, and no third.
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "restarting", "starting", "failed"]);

    const { client: stopped } = clientOf(await temporaryFolder(), {}, impatient);
    await stopped.start();
    const pid = pidOf(stopped);
    process.kill(pid, "SIGSTOP");
    await stopped.dispose();
    expect(isAlive(pid)).toBe(false);
  });

  it("does not keep waiting those who have given up", async () => {
    const { client } = clientOf(await temporaryFolder(), await entryOf(`process.exitCode = 7;`), {
      firstDelayMs: 60_000,
    });
    const leaving = new AbortController();
    const search = client.search("anything", { signal: leaving.signal });
    await reached(client, "restarting");
    leaving.abort(new Error("Typed on."));
    await expect(search).rejects.toThrow("Typed on.");
    // Nor is the end of the waiting waited for.
    await client.dispose();
    expect(client.state.kind).toBe("stopped");
  });
});
