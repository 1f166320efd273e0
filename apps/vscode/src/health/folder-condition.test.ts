import { describe, expect, it } from "vitest";

import { type FolderCondition, folderCondition } from "./folder-condition.ts";
import { diagnosed, finding, healthy } from "./folder-health.test-helper.ts";
import type { FolderPhase } from "./folder-health.ts";

const error = { code: "DISK_FULL", message: "The disk is full.", nextStep: "Free some space." } as const;

describe("the condition of a folder", () => {
  it.each<[FolderPhase, FolderCondition]>([
    [{ kind: "starting" }, "starting"],
    [{ kind: "no-index" }, "no-index"],
    [{ kind: "built-elsewhere" }, "written-elsewhere"],
    [{ kind: "indexing" }, "indexing"],
    [{ kind: "maintaining" }, "maintaining"],
    [{ kind: "restarting", reason: "It crashed." }, "restarting"],
    [{ kind: "failed", error }, "failed"],
    [{ kind: "down", error }, "down"],
  ])("is what its engine is at: $kind", (phase, condition) => {
    const diagnostics = diagnosed(finding("DATA_CORRUPT", "error", "rebuild"));
    expect(folderCondition(healthy({ phase, diagnostics, isPaused: true }))).toBe(condition);
  });

  it.each([
    ["ready", []],
    ["ready", [finding("SPACE_RECLAIMABLE", "info", "none")]],
    ["ready", [finding("FILES_FAILED", "warning", "index")]],
    ["ready", [finding("DISK_LOW", "warning", "none")]],
    ["needs-maintenance", [finding("FRAGMENTED", "warning", "maintain")]],
    ["stale", [finding("RUN_INTERRUPTED", "warning", "index"), finding("FRAGMENTED", "warning", "maintain")]],
    ["stale", [finding("FINGERPRINT_MISMATCH", "warning", "rebuild")]],
    ["broken", [finding("INDEX_BROKEN", "error", "maintain"), finding("RUN_INTERRUPTED", "warning", "index")]],
    ["written-elsewhere", [finding("RUN_INTERRUPTED", "warning", "index"), finding("LOCK_HELD", "info", "none")]],
  ] as const)("is %s when its engine is idle and %o was found", (condition, findings) => {
    expect(folderCondition(healthy({ diagnostics: diagnosed(...findings) }))).toBe(condition);
  });

  it("is not ready before anybody has looked, and paused if nobody will", () => {
    const { diagnostics: _, stats: __, ...unmeasured } = healthy({ phase: { kind: "unmeasured" } });
    expect(folderCondition(unmeasured)).toBe("unmeasured");
    expect(folderCondition({ ...unmeasured, isPaused: true })).toBe("paused");
  });

  it("is stale when files have changed that nothing brings into the index", () => {
    expect(folderCondition(healthy({ hasUnindexedChanges: true }))).toBe("stale");
    const broken = diagnosed(finding("DATA_CORRUPT", "error", "rebuild"));
    expect(folderCondition(healthy({ hasUnindexedChanges: true, diagnostics: broken }))).toBe("broken");
  });

  it("is paused when nothing is broken", () => {
    const stale = diagnosed(finding("RUN_INTERRUPTED", "warning", "index"));
    const broken = diagnosed(finding("DATA_CORRUPT", "error", "rebuild"));
    expect(folderCondition(healthy({ isPaused: true, diagnostics: stale }))).toBe("paused");
    expect(folderCondition(healthy({ isPaused: true, diagnostics: broken }))).toBe("broken");
  });
});
