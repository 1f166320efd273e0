import fc from "fast-check";
import { expect, test } from "vitest";

import { type CloneProgress, ProgressReader } from "./clone-progress.ts";

const said = [
  "Cloning into '/x'...\n",
  "remote: Enumerating objects: 5, done.        \n",
  "remote: Counting objects:  20% (1/5)        \rremote: Counting objects: 100% (5/5)        \r",
  "remote: Counting objects: 100% (5/5), done.        \n",
  "Receiving objects:   7% (1/14), 1.20 MiB | 2.00 MiB/s\r",
  "warning: Nothing objects: 5 %\nUpdating files: 100% (3/3), done.\n",
].join("");

const progress: CloneProgress[] = [
  { activity: "Counting objects", percent: 20 },
  { activity: "Counting objects", percent: 100 },
  { activity: "Receiving objects", percent: 7 },
  { activity: "Updating files", percent: 100 },
];

test("progress is found in what git says, each step once, however it is cut into pieces", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: said.length }), { maxLength: 20 }), (cuts) => {
      const found: CloneProgress[] = [];
      const reader = new ProgressReader((step) => found.push(step));
      const ends = [...cuts.toSorted((a, b) => a - b), said.length];
      for (const [i, end] of ends.entries()) reader.read(said.slice(ends[i - 1] ?? 0, end));
      expect(found).toEqual(progress);
    }),
  );
});
