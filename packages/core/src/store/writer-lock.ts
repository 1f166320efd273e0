import { existsSync } from "node:fs";
import { readFile, readlink, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { lock as acquire } from "proper-lockfile";

import { resonaError } from "../errors.ts";
import { translateStoreError } from "./lance-errors.ts";

/** Who writes the index, as told to those who wait for it. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  /** Linux: what makes the process number unique. */
  readonly identity?: ProcessIdentity;
}

interface ProcessIdentity {
  readonly bootId: string;
  /** Process numbers mean something within one namespace only; containers on one host have their own. */
  readonly pidNamespace: string;
  /** Clock ticks between the system's start and the process's. */
  readonly startTicks: string;
}

/** The writer's lock, held until it is released or taken away. */
export interface WriterLock {
  /** @throws ResonaError LOCK_LOST once another process has it, for example because this one was stopped for long. */
  readonly assertHeld: () => void;
  readonly release: () => Promise<void>;
}

/** Milliseconds without a heartbeat after which a holder whose process cannot be looked at counts as gone. */
const STALE_MS = 30_000;
/** Looking at the lock and taking it lasts milliseconds; the library allows no less. */
const TURN_STALE_MS = 2_000;
const LOCK = "writer.lock";
const HOLDER = "writer.json";

/**
 * Takes the one writer's lock of an index folder (which must exist). LanceDB duplicates rows when two processes
 * insert the same keys, so nothing is written without it.
 *
 * The lock is a folder with a heartbeat (`proper-lockfile`: works on every file system, no native code). Beside it
 * `writer.json` names the holder: a process of this host that lives keeps its lock however long it was stopped, and
 * one that was killed does not block the next run for the length of a heartbeat.
 *
 * @throws ResonaError INDEX_LOCKED with the holder's name, INDEX_NOT_WRITABLE, DISK_FULL.
 */
export async function lockForWriting(folder: string): Promise<WriterLock> {
  try {
    return await inTurn(folder, () => takeLock(folder));
  } catch (error) {
    if (isHeld(error)) throw resonaError("INDEX_LOCKED", { path: folder, holder: await nameHolder(folder) }, error);
    throw translateStoreError(error, folder);
  }
}

/** Whether a process is known to be writing the index; one that cannot be looked at does not count. */
export async function isBeingWritten(folder: string): Promise<boolean> {
  return isLocked(folder) && (await judge(await readHolder(folder))) === "alive";
}

/** Whose the lock is, as it looks from outside. */
export interface LockState {
  /** `stale`: its holder is gone, and the next one who wants it gets it. */
  readonly kind: "free" | "held" | "stale";
  /** For people. */
  readonly holder: string;
}

/** Looks at the lock and changes nothing. */
export async function inspectLock(folder: string): Promise<LockState> {
  const holder = await nameHolder(folder);
  const heartbeat = await stat(join(folder, LOCK)).catch(() => undefined);
  if (heartbeat === undefined) return { kind: "free", holder };
  const verdict = await judge(await readHolder(folder));
  if (verdict === "unknown") return { kind: Date.now() - heartbeat.mtimeMs < STALE_MS ? "held" : "stale", holder };
  return { kind: verdict === "alive" ? "held" : "stale", holder };
}

/** One process at a time looks who holds the lock, takes it and leaves its name. */
async function inTurn(folder: string, work: () => Promise<WriterLock>): Promise<WriterLock> {
  // Three seconds: longer than the turn of a process that was killed in it counts.
  const retries = { retries: 60, factor: 1, minTimeout: 50 };
  // A turn that took too long, because the process was stopped in it, is ended by another one; the lock itself decides.
  const onCompromised = () => undefined;
  const settings = { realpath: false, stale: TURN_STALE_MS, retries, onCompromised };
  const endTurn = await acquire(join(folder, "takeover"), settings);
  try {
    return await work();
  } finally {
    await endTurn().catch(() => undefined);
  }
}

async function takeLock(folder: string): Promise<WriterLock> {
  const holder = await readHolder(folder);
  const verdict = await judge(holder);
  // The name stays when the lock is given back, so a living process alone holds nothing.
  if (verdict === "alive" && isLocked(folder)) throw Object.assign(new Error("The holder lives."), { code: "ELOCKED" });
  // A heartbeat of 1970 lets the library's own takeover of stale locks do the rest.
  if (verdict === "dead") await utimes(join(folder, LOCK), 0, 0).catch(() => undefined);

  // The name comes first: a lock without one, left by a kill in between, would block until its heartbeat is stale.
  await writeFile(join(folder, HOLDER), JSON.stringify(await ownName()));
  let lost = false;
  const onCompromised = () => {
    lost = true;
  };
  try {
    const release = await acquire(join(folder, "writer"), { realpath: false, stale: STALE_MS, onCompromised });
    return {
      assertHeld() {
        if (lost) throw resonaError("LOCK_LOST", { path: folder });
      },
      // What another process holds now is not ours to give back.
      release: async () => {
        if (!lost) await release().catch(() => undefined);
      },
    };
  } catch (error) {
    if (holder) await writeFile(join(folder, HOLDER), JSON.stringify(holder));
    throw error;
  }
}

function isLocked(folder: string): boolean {
  return existsSync(join(folder, LOCK));
}

async function ownName(): Promise<LockHolder> {
  const identity = await identityOf("self");
  const name = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  return identity ? { ...name, identity } : name;
}

async function readHolder(folder: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, HOLDER), "utf8")) as LockHolder;
  } catch {
    return undefined;
  }
}

/** `unknown` leaves the decision to the heartbeat. */
async function judge(holder: LockHolder | undefined): Promise<"alive" | "dead" | "unknown"> {
  if (!holder || holder.host !== hostname()) return "unknown";
  const self = await identityOf("self");
  if (holder.identity && self) {
    if (holder.identity.bootId !== self.bootId) return "dead";
    if (holder.identity.pidNamespace !== self.pidNamespace) return "unknown";
    const now = await identityOf(holder.pid);
    return now?.startTicks === holder.identity.startTicks ? "alive" : "dead";
  }
  try {
    process.kill(holder.pid, 0);
    return "alive";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "alive" : "dead";
  }
}

/** Of a living process, where the system has `/proc` (its fields: `man 5 proc_pid_stat`). */
async function identityOf(pid: number | "self"): Promise<ProcessIdentity | undefined> {
  try {
    const [bootId, pidNamespace, status] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readlink("/proc/self/ns/pid"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // From field 3 on; the name before them may hold spaces and parentheses.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const [state, threads, startTicks] = [fields[0], fields[17], fields[19]];
    // It has ended, to its last thread, and nobody has asked how: in containers that can stay so for good.
    if (state === "Z" && threads === "1") return undefined;
    return startTicks === undefined ? undefined : { bootId: bootId.trim(), pidNamespace, startTicks };
  } catch {
    return undefined;
  }
}

async function nameHolder(folder: string): Promise<string> {
  const holder = await readHolder(folder);
  if (!holder) return "another process";
  const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
  return `process ${holder.pid}${where} since ${holder.since}`;
}

function isHeld(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ELOCKED";
}
