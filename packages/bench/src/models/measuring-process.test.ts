import { expect, it } from "vitest";

import { MeasuringProcess, measureAlone } from "./measuring-process.ts";

it("passes on why a task failed, and takes the next one", async () => {
  const child = new MeasuringProcess();
  try {
    for (let i = 0; i < 2; i++) {
      await expect(child.ask("measureBatch", { texts: ["x"] })).rejects.toThrow("no model is open");
    }
  } finally {
    await child.end();
  }
});

it("says so when the process ends before it answers", async () => {
  await expect(measureAlone("measureBatch", { texts: [] }, ["--no-such-flag"])).rejects.toThrow(/ended \(9\)/);
});
