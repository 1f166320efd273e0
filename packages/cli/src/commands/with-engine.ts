import { type Engine, isRepositoryUrl, type NoticeEvent } from "@resona/core";

import type { CliContext } from "../context.ts";
import { UsageError } from "../failure.ts";
import { type CommonFlags, engineOptions } from "../flags.ts";
import { formatNote } from "../present/human.ts";
import { paintFor } from "../present/paint.ts";
import { printable } from "../present/text.ts";

interface CloneOptions {
  /** Whether the clone that a repository's URL stands for is made, or brought up to date; not for what only looks. */
  readonly fetch: boolean;
  /** Takes notices that are not for stderr. */
  readonly onNotice?: ((notice: NoticeEvent) => void) | undefined;
}

/** Opens the engine for one command and closes it again, whatever happens. */
export async function withEngine<T>(
  flags: CommonFlags,
  context: CliContext,
  clone: CloneOptions,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await context.openEngine(await placeOf(flags, context, clone));
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** A repository's URL in place of a folder stands for its clone. */
async function placeOf(
  flags: CommonFlags,
  { cwd, signal, stderr, openRepository }: CliContext,
  { fetch, onNotice }: CloneOptions,
): Promise<ReturnType<typeof engineOptions>> {
  const { branch, json = false } = flags;
  if (!isRepositoryUrl(flags.workspace)) {
    if (branch === undefined) return engineOptions(flags, cwd);
    throw new UsageError(
      "--branch is about a repository that is given by its URL.",
      "Leave it out: a folder is taken as it is checked out.",
    );
  }
  const { workspace, index } = await openRepository(flags.workspace, {
    branch,
    fetch,
    signal,
    onFetch: (address) => {
      if (!json) stderr.write(`Fetching ${printable(address)}\n`);
    },
    onNotice: onNotice ?? (({ message }) => stderr.write(formatNote(message, paintFor(stderr)))),
  });
  return { index, ...engineOptions({ ...flags, workspace }, cwd) };
}
