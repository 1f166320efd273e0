import { type Engine, isRepositoryUrl } from "@resona/core";

import type { CliContext } from "../context.ts";
import { type CommonFlags, engineOptions } from "../flags.ts";
import { printable } from "../present/text.ts";

/** Opens the engine for one command and closes it again, whatever happens. */
export async function withEngine<T>(
  flags: CommonFlags,
  context: CliContext,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await context.openEngine(await placeOf(flags, context));
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** A repository's URL in place of a folder stands for its clone, which is brought up to date. */
async function placeOf(
  flags: CommonFlags,
  { cwd, signal, stderr, openRepository }: CliContext,
): Promise<ReturnType<typeof engineOptions>> {
  if (!isRepositoryUrl(flags.workspace)) return engineOptions(flags, cwd);
  const { branch, json = false } = flags;
  if (!json) stderr.write(`Fetching ${printable(withoutCredentials(flags.workspace))}\n`);
  const { workspace, index } = await openRepository(flags.workspace, { branch, signal });
  return { index, ...engineOptions({ ...flags, workspace }, cwd) };
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/iu, "$1");
}
