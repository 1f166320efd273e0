import type { LogOutputChannel } from "vscode";

import type { EngineState } from "../engine-client/engine-state.ts";
import type { FolderEngine } from "./folder-engines.ts";

/** Writes what an engine says and does to the log. */
export function logEngine({ folder, engine }: FolderEngine, log: LogOutputChannel): void {
  engine.onDidLog(({ level, message }) => log[level](`[${folder.name}] ${message}`));
  engine.onDidChangeState((state) => {
    const level = state.kind === "failed" ? "error" : state.kind === "restarting" ? "warn" : "info";
    log[level](`[${folder.name}] ${describe(state)}`);
  });
  engine.onDidReport(({ event }) => {
    if (event.type === "maintenance-step") log.debug(`[${folder.name}] ${event.step}: ${event.details ?? ""}`);
    else if (event.type === "notice") log.info(`[${folder.name}] ${event.message}`);
    else if (event.type === "debug") log.debug(`[${folder.name}] ${event.message}`);
  });
}

function describe(state: EngineState): string {
  switch (state.kind) {
    case "stopped":
      return "The engine is stopped.";
    case "starting":
      return "The engine is started.";
    case "ready":
      return `The engine is ready: process ${state.pid}, index at ${state.indexPath}.`;
    case "restarting":
      return `${state.reason.message} It is started again in ${state.inMs} ms.`;
    case "failed":
      return `${state.reason.message} ${state.reason.nextStep}`;
  }
}
