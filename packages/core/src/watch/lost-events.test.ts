import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { SubscribeCallback } from "@parcel/watcher";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { patience, startWatch, until } from "./watch.test-helper.ts";

/** What the library is asked to call, and what it fails with instead. */
const library = vi.hoisted(() => ({ callbacks: [] as SubscribeCallback[], failures: [] as string[] }));

vi.mock("@parcel/watcher", async (original) => {
  const real = await original<typeof import("@parcel/watcher")>();
  const subscribe: typeof real.subscribe = (folder, callback, options) => {
    const failure = library.failures.shift();
    if (failure !== undefined) return Promise.reject(new Error(failure));
    library.callbacks.push(callback);
    return real.subscribe(folder, callback, options);
  };
  return { ...real, subscribe };
});

beforeEach(() => {
  library.callbacks.length = 0;
  library.failures.length = 0;
});

describe("events that the system has dropped", () => {
  it("are made up for by watching and comparing anew", async () => {
    const root = await temporaryFolder();
    const watch = await startWatch(root);
    expect(library.callbacks).toHaveLength(1);
    library.callbacks[0]?.(new Error("Events were dropped by the FSEvents client."), []);
    await expect.poll(watch.runs, patience).toBe(2);
    expect(library.callbacks).toHaveLength(2);
    await writeFile(join(root, "a.ts"), "");
    await expect.poll(watch.runs, patience).toBe(3);
  });

  it("may be told together with others", async () => {
    const root = await temporaryFolder();
    const watch = await startWatch(root);
    library.callbacks[0]?.(new Error("Some events may have been lost."), [{ path: join(root, "a"), type: "create" }]);
    await expect.poll(watch.runs, patience).toBe(2);
    expect(library.callbacks).toHaveLength(2);
  });
});

describe("a workspace that cannot be watched", () => {
  it("is compared every now and then, and watched as soon as that can be done", async () => {
    const root = await temporaryFolder();
    const noSpace = "inotify_add_watch on '/w/a' failed: No space left on device";
    library.failures.push(noSpace, noSpace, noSpace);
    const watch = await startWatch(root);
    await until(() => watch.events.some((event) => event.type === "watching" && event.by === "events"));
    expect(watch.runs()).toBe(4);
    expect(watch.events.filter(({ type }) => type !== "indexed")).toEqual([
      {
        type: "notice",
        code: "WATCH_UNAVAILABLE",
        message:
          "The system's limit of watched folders is reached. Raise it, for example with `sudo sysctl fs.inotify.max_user_watches=1048576`. Meanwhile the workspace is compared every 0.02 s.",
      },
      { type: "watching", by: "polling", intervalMs: 20 },
      { type: "watching", by: "events", intervalMs: 3_600_000 },
    ]);
    await writeFile(join(root, "a.ts"), "");
    await expect.poll(watch.runs, patience).toBe(5);
  });

  it("may have other reasons, which are told", async () => {
    library.failures.push("Unknown failure");
    const watch = await startWatch(await temporaryFolder());
    expect(watch.notices("WATCH_UNAVAILABLE")).toEqual([
      "Changes cannot be watched: Unknown failure. Meanwhile the workspace is compared every 0.02 s.",
    ]);
  });
});
