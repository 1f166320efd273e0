import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { lock as acquire } from "proper-lockfile";

import { resonaError } from "../errors.ts";

/** Who writes the index, as told to those who wait for it. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Milliseconds without a heartbeat after which a holder on another host counts as gone; here its process decides. */
const STALE_MS = 30_000;
/** A takeover lasts milliseconds; the lock around it is stale soon. */
const TAKEOVER_STALE_MS = 5_000;
const HOLDER = "writer.json";

/**
 * Takes the one writer's lock of an index folder (which must exist). LanceDB duplicates rows when two processes
 * insert the same keys, so nothing is written without it.
 *
 * The lock is a folder with a heartbeat (`proper-lockfile`: works on every file system, no native code). Beside it
 * `writer.json` names the holder, so that a killed process does not block the next run for the length of a heartbeat.
 *
 * @param onLost called if the lock was taken away, for example after the computer slept; writing must stop.
 * @throws ResonaError INDEX_LOCKED with the holder's name.
 */
export async function lockForWriting(folder: string, onLost: () => void): Promise<() => Promise<void>> {
  const release = (await tryLock(folder, onLost)) ?? (await takeOverFromDeadHolder(folder, onLost));
  if (!release) {
    const holder = await readHolder(folder);
    throw resonaError("INDEX_LOCKED", { path: folder, holder: describe(holder) });
  }
  return async () => {
    await rm(join(folder, HOLDER), { force: true });
    await release();
  };
}

/** Makes `path.lock`. The path itself need not exist; the library tells its locks apart by it. */
function acquireFolder(path: string, stale: number, onCompromised: () => void): Promise<Release> {
  return acquire(path, { realpath: false, stale, onCompromised });
}

type Release = () => Promise<void>;

async function tryLock(folder: string, onLost: () => void): Promise<Release | undefined> {
  try {
    const release = await acquireFolder(join(folder, "writer"), STALE_MS, onLost);
    const holder: LockHolder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    await writeFile(join(folder, HOLDER), JSON.stringify(holder));
    return release;
  } catch (error) {
    if (isHeld(error)) return undefined;
    throw error;
  }
}

/**
 * Two processes may find the same dead holder at once. Only one gets the takeover lock, and the other then reads the
 * new holder's name.
 */
async function takeOverFromDeadHolder(folder: string, onLost: () => void): Promise<Release | undefined> {
  if (await isAlive(await readHolder(folder))) return undefined;
  let endTakeover: Release;
  try {
    endTakeover = await acquireFolder(join(folder, "takeover"), TAKEOVER_STALE_MS, onLost);
  } catch (error) {
    if (isHeld(error)) return undefined;
    throw error;
  }
  try {
    if (await isAlive(await readHolder(folder))) return undefined;
    // A heartbeat of 1970 lets the library's own takeover of stale locks do the rest.
    await utimes(join(folder, "writer.lock"), 0, 0).catch(() => undefined);
    return await tryLock(folder, onLost);
  } finally {
    await endTakeover();
  }
}

async function readHolder(folder: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, HOLDER), "utf8")) as LockHolder;
  } catch {
    return undefined;
  }
}

/** A holder that cannot be judged (unnamed yet, on another host) counts as alive; its heartbeat decides. */
async function isAlive(holder: LockHolder | undefined): Promise<boolean> {
  if (!holder || holder.host !== hostname()) return true;
  if (holder.pid === process.pid) return Date.parse(holder.since) >= processStart;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !(await startedAfter(holder));
}

const processStart = Date.now() - process.uptime() * 1000;

/** Whether the process that has the holder's number today is a later one (Linux only; elsewhere never). */
async function startedAfter(holder: LockHolder): Promise<boolean> {
  try {
    const [stat, system] = await Promise.all([
      readFile(`/proc/${holder.pid}/stat`, "utf8"),
      readFile("/proc/stat", "utf8"),
    ]);
    // Field 22 counts clock ticks (100 a second) since boot; the name before it may hold spaces and parentheses.
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const boot = Number(/^btime (\d+)$/m.exec(system)?.[1]);
    return (boot + ticks / 100) * 1000 > Date.parse(holder.since) + 2_000;
  } catch {
    return false;
  }
}

function describe(holder: LockHolder | undefined): string {
  if (!holder) return "another process";
  const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
  return `process ${holder.pid}${where} since ${holder.since}`;
}

function isHeld(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ELOCKED";
}
