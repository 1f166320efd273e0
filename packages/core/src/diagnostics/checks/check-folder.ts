import { ResonaError, resonaError } from "../../errors.ts";
import type { Finding, FindingCode } from "../../model/finding.ts";
import { type IndexManifest, inspectIndexFolder } from "../../store/index-folder.ts";
import { isBeingWritten } from "../../store/writer-lock.ts";
import { type Remedies, unaided } from "../remedies.ts";

/** What is in the folder of an index. */
export interface FolderCheck {
  /** Absent if the tables are of no use to this version of Resona. */
  readonly manifest?: IndexManifest;
  readonly findings: readonly Finding[];
}

/**
 * Is there an index, of a format that is known here, and the one that was meant?
 *
 * @param refuseOthers throws the error of an index that belongs to something else.
 * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT.
 */
export async function checkFolder(
  folder: string,
  refuseOthers: (manifest: IndexManifest) => void,
  remedies: Remedies,
): Promise<FolderCheck> {
  try {
    const state = await inspectIndexFolder(folder);
    if (state.kind !== "ready" && (await isBeingWritten(folder)))
      throw resonaError("INDEX_BEING_BUILT", { path: folder });
    if (state.kind === "missing") throw resonaError("NO_INDEX", { path: folder });
    if (state.kind === "unusable") return { findings: [unusable(state.why, state.indexed, remedies)] };
    refuseOthers(state.manifest);
    return { manifest: state.manifest, findings: [] };
  } catch (error) {
    const code = error instanceof ResonaError ? codes[error.code] : undefined;
    if (code === undefined) throw error;
    const { message, nextStep } = error as ResonaError;
    return { findings: [{ code, severity: "error", sentence: message, remedy: unaided(nextStep) }] };
  }
}

/** Errors about what lies in the folder; others, such as NO_INDEX, are the caller's. */
const codes: Partial<Record<ResonaError["code"], FindingCode>> = {
  INDEX_FOREIGN: "SCHEMA_FOREIGN",
  INDEX_OF_OTHER_CONTENTS: "SCHEMA_FOREIGN",
  INDEX_OF_OTHER_WORKSPACE: "SCHEMA_FOREIGN",
  INDEX_FROM_FUTURE: "SCHEMA_FROM_FUTURE",
  INDEX_NOT_READABLE: "CHECK_FAILED",
};

function unusable(why: string, indexed: object | undefined, remedies: Remedies): Finding {
  const isOld = indexed !== undefined;
  return {
    code: isOld ? "SCHEMA_OUTDATED" : "DATA_CORRUPT",
    severity: "error",
    sentence: `The index cannot be used: ${why}.`,
    remedy: remedies.restore,
  };
}
