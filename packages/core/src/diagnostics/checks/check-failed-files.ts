import type { Finding } from "../../model/finding.ts";
import type { LanceTable } from "../../store/lance-table.ts";
import { counted } from "../../support/quantities.ts";
import type { Remedies } from "../remedies.ts";
import { Tally } from "../sentences.ts";

/** Are there files that could not be indexed? */
export async function checkFailedFiles(files: LanceTable, remedies: Remedies): Promise<Finding[]> {
  const failed = new Tally();
  const query = () => files.query().where("outcome <> 'skipped' AND reason <> ''").select(["path", "reason"]);
  for await (const batch of files.scan(query, (rows) => rows)) {
    const [paths, reasons] = [batch.getChild("path"), batch.getChild("reason")];
    for (let row = 0; row < batch.numRows; row++)
      failed.add(() => `${paths?.get(row)} (${String(reasons?.get(row)).replace(/\.$/, "")})`);
  }
  if (failed.count === 0) return [];
  const sentence = `${counted(failed.count, "file")} could not be indexed: ${failed.list()}.`;
  return [{ code: "FILES_FAILED", severity: "warning", sentence, remedy: remedies.index }];
}
