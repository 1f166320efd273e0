import type { FindingCode } from "@resona/core";

import type { Wording } from "../text/wording.ts";

/** What a finding is about, in a few words. */
export function findingTitle(code: FindingCode, { l10n }: Wording): string {
  switch (code) {
    case "INDEX_STALE":
      return l10n.t("Not all rows are indexed");
    case "INDEX_BROKEN":
      return l10n.t("An index cannot be read");
    case "FRAGMENTED":
      return l10n.t("Many small fragments");
    case "VERSIONS_PILED_UP":
      return l10n.t("Many old versions");
    case "SPACE_RECLAIMABLE":
      return l10n.t("Space can be freed");
    case "DATA_MISSING":
      return l10n.t("Data files are missing");
    case "DATA_CORRUPT":
      return l10n.t("Data cannot be read");
    case "DATA_INCONSISTENT":
      return l10n.t("Records contradict each other");
    case "MANIFEST_TORN":
      return l10n.t("The newest version is truncated");
    case "SCHEMA_FOREIGN":
      return l10n.t("Not a Resona index");
    case "SCHEMA_FROM_FUTURE":
      return l10n.t("Built by a newer version of Resona");
    case "SCHEMA_OUTDATED":
      return l10n.t("Built by an older version of Resona");
    case "FINGERPRINT_MISMATCH":
      return l10n.t("Built with other settings");
    case "MODEL_UNUSABLE":
      return l10n.t("The model cannot be used");
    case "FILES_FAILED":
      return l10n.t("Files could not be indexed");
    case "RUN_INTERRUPTED":
      return l10n.t("The last run did not finish");
    case "LOCK_HELD":
      return l10n.t("Another process is writing");
    case "LOCK_STALE":
      return l10n.t("A lock was left behind");
    case "DISK_LOW":
      return l10n.t("The disk is nearly full");
    case "MAINTENANCE_FAILING":
      return l10n.t("Maintenance keeps failing");
    case "CHECK_FAILED":
      return l10n.t("Something could not be checked");
  }
}
