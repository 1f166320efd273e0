import { expect, it } from "vitest";

import { Once } from "./once.ts";

it("says each thing of each folder once, until the folder is well again", () => {
  const once = new Once();
  const say = (folder: string, what: string) => once.isNews(folder, what);
  expect([say("a", "DISK_FULL"), say("a", "DISK_FULL"), say("b", "DISK_FULL"), say("a", "STORE_FAILED")]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  once.forget("a");
  expect([say("a", "DISK_FULL"), say("b", "DISK_FULL")]).toEqual([true, false]);
});
