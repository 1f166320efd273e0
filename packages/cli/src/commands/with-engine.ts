import type { Engine } from "@resona/core";

import type { CliContext } from "../context.ts";
import { type CommonFlags, engineOptions } from "../flags.ts";

/** Opens the engine for one command and closes it again, whatever happens. */
export async function withEngine<T>(
  flags: CommonFlags,
  context: CliContext,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await context.openEngine(engineOptions(flags, context.cwd));
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}
