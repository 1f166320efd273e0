import { type EngineError, engineError } from "../protocol/engine-error.ts";

/** What it means that the database's native library does not load. */
export function nativeFailure(error: unknown): EngineError {
  // The loader tries one place after the other and keeps why each failed. A library that is there and cannot be used says
  // more than those that are not there.
  const failure = [...causes(error)].find(({ code }) => code !== undefined && code !== "MODULE_NOT_FOUND");
  if (failure !== undefined) {
    const [detail = ""] = failure.message.split("\n");
    const code = failure.code === "ERR_DLOPEN_FAILED" ? "ENGINE_NATIVE_UNUSABLE" : "ENGINE_NATIVE_NOT_UNPACKED";
    return engineError(code, { detail }, error);
  }
  return engineError("ENGINE_NATIVE_MISSING", { platform: `${process.platform}-${process.arch}` }, error);
}

function* causes(error: unknown): Generator<NodeJS.ErrnoException> {
  if (Array.isArray(error)) for (const one of error) yield* causes(one);
  if (!(error instanceof Error)) return;
  yield error;
  yield* causes(error.cause);
}
