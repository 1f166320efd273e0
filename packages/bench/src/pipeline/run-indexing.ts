// A process of its own for one run: indexes a workspace in one of the ways that are compared, and prints what that took.
import { openEngine } from "@resona/core";
import type { EngineOptions } from "@resona/core";

import { type StageTimes, indexStepwise } from "./index-stepwise.ts";

/** `pipeline`: `Engine.index`. The others: the same stages one after another. */
export type IndexingWay = "pipeline" | "stepwise, a file each" | "stepwise, groups";

export interface IndexingRequest {
  readonly workspace: string;
  readonly way: IndexingWay;
  readonly options: EngineOptions;
}

export interface IndexingFigures {
  /** From the call to its end, the opening of the model included. */
  readonly ms: number;
  /** Processor time of the process with all its threads. */
  readonly cpuMs: number;
  readonly chunks: number;
  /** Of a stepwise run. */
  readonly stages?: StageTimes;
}

const [, , request = ""] = process.argv;
console.log(JSON.stringify(await measure(JSON.parse(request) as IndexingRequest)));

async function measure({ workspace, way, options }: IndexingRequest): Promise<IndexingFigures> {
  // Loads the same code, whatever the way.
  const engine = await openEngine({ workspace, ...options });
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const { chunks, ...figures } = await indexed();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  await engine.close();
  return { ms, cpuMs: (user + system) / 1_000, chunks, ...figures };

  async function indexed(): Promise<Pick<IndexingFigures, "chunks" | "stages">> {
    if (way === "pipeline") {
      const { chunksWritten, filesFailed } = await engine.index();
      if (filesFailed > 0) throw new Error(`${filesFailed} files failed.`);
      return { chunks: chunksWritten };
    }
    return indexStepwise(workspace, options, way === "stepwise, groups" ? "groups" : "a file each");
  }
}
