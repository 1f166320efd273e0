import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";

import { expect, test } from "vitest";

import { checkDisk, freeBytes } from "./check-disk.ts";

test.each([
  // Free, live data, severity.
  [1e12, 1e9, undefined],
  [1.4e9, 1e9, undefined],
  [1.4e9 - 1, 1e9, "warning"],
  [200e6, 0, undefined],
  [199e6, 0, "warning"],
  [50e6, 0, "warning"],
  [50e6 - 1, 0, "error"],
  [0, 1e9, "error"],
])("%d bytes free for %d bytes of data: %s", (free, live, severity) => {
  expect(checkDisk(free, live)[0]?.severity).toBe(severity);
});

test("says how much is left and how much may be needed", () => {
  expect(checkDisk(1_234e6, 5e9)).toEqual([
    {
      code: "DISK_LOW",
      severity: "warning",
      sentence: "1,234 MB are left on the disk of the index; maintenance may need 6,200 MB for a while.",
      remedy: { kind: "none", sentence: "Free some space, or choose another place with --index." },
    },
  ]);
});

test("measures the disk of a folder, and rejects where there is none", async () => {
  expect(await freeBytes(tmpdir())).toBeGreaterThan(0);
  await expect(stat("/no/such/folder")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(freeBytes("/no/such/folder")).rejects.toMatchObject({ code: "ENOENT" });
});
