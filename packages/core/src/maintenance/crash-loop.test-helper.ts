import { lockForWriting } from "../store/writer-lock.ts";
import { openItemTable } from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";
import { commitNumber } from "./numbered-commits.test-helper.ts";

/**
 * Commits and maintains without end, until the process is killed; says what it begins and what is done.
 *
 * @param first number of the first commit.
 */
export async function commitAndMaintain(folder: string, first: number, say: (line: string) => void): Promise<never> {
  const lock = await lockForWriting(folder);
  const items = await openItemTable(folder);
  for (let n = first; ; n++) {
    say(`begin commit ${n}`);
    await commitNumber(items, n);
    say(`done commit ${n}`);
    if (n % 5 !== 4) continue;
    // Half of the runs extend the indexes and clean up by LanceDB, the others make them anew and remove files.
    const apart = n % 10 === 9 ? { skipCompaction: true, indexStaleThreshold: 0 } : {};
    const begun = new Set<string>();
    const onProgress = (step: string) => {
      say(`${begun.has(step) ? "done" : "begin"} ${step}`);
      begun.add(step);
    };
    const options = { retentionDays: 0, assertHeld: lock.assertHeld, onProgress, ...apart };
    const { failures } = await maintainTables([items.table], folder, options);
    for (const { step, message } of failures) say(`failed ${step} ${message}`);
  }
}
