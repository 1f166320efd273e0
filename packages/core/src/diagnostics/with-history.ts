import type { DatabaseDiagnostics, Finding, FindingCode } from "../model/finding.ts";
import { worstFirst } from "./diagnose-index.ts";
import { historyRemedies } from "./remedies.ts";

/** What is found of the disk, the model and whoever is writing is mostly the same for both indexes of a workspace. */
const common: ReadonlySet<FindingCode> = new Set(["DISK_LOW", "MODEL_UNUSABLE", "LOCK_HELD", "LOCK_STALE"]);

/** The health of a workspace's index with that of its history; rows and coverage stay those of the files. */
export function withHistory(files: DatabaseDiagnostics, history: DatabaseDiagnostics): DatabaseDiagnostics {
  const found = new Set(files.findings.map(({ code }) => code));
  const ofHistory = history.findings.filter(({ code }) => !(common.has(code) && found.has(code))).map(asOfHistory);
  const { reclaimableBytes: ofFiles, ...others } = files;
  const isKnown = ofFiles !== undefined && history.reclaimableBytes !== undefined;
  return {
    ...others,
    ...(isKnown ? { reclaimableBytes: ofFiles + history.reclaimableBytes } : {}),
    findings: worstFirst([...files.findings, ...ofHistory]),
  };
}

function asOfHistory(finding: Finding): Finding {
  // With another model than the files it is read anew, too.
  const remedy = finding.code === "FINGERPRINT_MISMATCH" ? historyRemedies.restore : finding.remedy;
  return { ...finding, sentence: `History: ${finding.sentence}`, remedy };
}
