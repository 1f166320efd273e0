import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where the system wants files that can be made again. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = env;
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "resona");
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/resona");
  // The specification says that a relative path is to be ignored.
  const caches = XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
  return join(caches, "resona");
}
