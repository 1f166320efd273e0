import { join } from "node:path";

import { beforeEach, expect, it, onTestFinished, vi } from "vitest";

import { type Engine, type ProgressEvent, openEngine } from "../src/index.ts";
import { repository, write } from "./git-repository.ts";
import { temporaryFolder } from "./temp-folder.ts";

const counting = vi.hoisted(() => ({ times: 0 }));

vi.mock("../src/discover/discover-files.ts", async (original) => {
  const real = await original<typeof import("../src/discover/discover-files.ts")>();
  const countFiles: typeof real.countFiles = (root, options, limit) => {
    // With a limit, it is only asked whether there are any.
    if (limit === undefined) counting.times++;
    return real.countFiles(root, options, limit);
  };
  return { ...real, countFiles };
});

beforeEach(() => {
  counting.times = 0;
});

/** What a run said of how many files there are, and how often it counted them. */
async function totalsOf(engine: Engine): Promise<{ readonly totals: readonly unknown[]; readonly counted: number }> {
  const totals = new Set<number | undefined>();
  const note = ({ filesTotal }: ProgressEvent) => void totals.add(filesTotal);
  const before = counting.times;
  await engine.index({ onEvent: (event) => void (event.type === "progress" && note(event)) });
  return { totals: [...totals], counted: counting.times - before };
}

const files = (name: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}${n}.txt`, `${name} ${n}`] as const));

async function folder(contents: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder();
  write(root, contents);
  return root;
}

it.each([
  ["repository", repository],
  ["folder", folder],
])("counts the files of a %s at first, and later where many have changed", async (_, made) => {
  const root = await made(files("a", 20));
  const engine = await openEngine({ workspace: root, index: join(root, ".resona") });
  onTestFinished(() => engine.close());
  // The first file is found before they are counted.
  expect(await totalsOf(engine)).toEqual({ totals: [undefined, 20], counted: 1 });
  write(root, { "a0.txt": "changed" });
  expect(await totalsOf(engine)).toEqual({ totals: [20], counted: 0 });
  // Together with those above, which are looked at again because they are so young.
  write(root, files("b", 30));
  expect(await totalsOf(engine)).toMatchObject({ counted: 0 });
  write(root, files("c", 64));
  const { totals, counted } = await totalsOf(engine);
  expect(counted).toBe(1);
  expect(totals.at(-1)).toBe(20 + 30 + 64);
});
