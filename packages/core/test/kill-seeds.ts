import { type KillAim, killPoint } from "./kill-point.ts";
import type { KillPoint, SeenRun } from "./kill-run.ts";
import { seededRandom } from "./kill-workspace.ts";

/** Indexings that are killed, all tests of killing together; a soak takes 100. */
export const KILLS: number = Number(process.env["RESONA_TEST_KILLS"] ?? 6);
/** Each has a seed; this is the first. The same seed has the same workspace and is killed at the same points. */
const FIRST_SEED = Number(process.env["RESONA_TEST_SEED"] ?? 1);

/** What each may take on a machine that is busy with other things. */
export const MS_PER_KILL = 60_000;

/** An indexing that was killed a few times, and completed. */
export interface Survived {
  /** What it was doing when it was killed. */
  readonly phases: readonly string[];
  /** The run that was not killed. */
  readonly last: SeenRun;
}

/**
 * Calls `test` with every seed that has that remainder on division by two, one after another.
 *
 * @throws what the test throws, and says with which seed.
 */
export async function forSeeds<T>(remainder: 0 | 1, test: (seed: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + KILLS; seed++) {
    if (seed % 2 !== remainder) continue;
    try {
      done.push(await test(seed));
    } catch (error) {
      const again = `RESONA_TEST_SEED=${seed} RESONA_TEST_KILLS=1`;
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`Seed ${seed} (once more with ${again}): ${message}`, { cause: error });
    }
  }
  return done;
}

/**
 * Runs until one is not killed: at first at a point of the aim that is the seed's turn, then perhaps once or twice more.
 *
 * @param undisturbed a run like the first.
 * @param run indexes, and is killed at the point if there is one.
 */
export async function survive(
  seed: number,
  aims: readonly KillAim[],
  undisturbed: SeenRun,
  run: (point: KillPoint | undefined, n: number) => Promise<SeenRun>,
): Promise<Survived> {
  const random = seededRandom(seed);
  const turn = Math.floor(seed / 2);
  const kills = 1 + Math.floor(3 * random() * random());
  const phases: string[] = [];
  for (let n = 0; ; n++) {
    const aim = aims[(n === 0 ? turn : Math.floor(random() * aims.length)) % aims.length] ?? "time";
    const nth = n === 0 ? 1 + Math.floor(turn / aims.length) : Math.floor(random() * 1_000);
    const seen = await run(n < kills ? killPoint(aim, nth, undisturbed, random) : undefined, n);
    if (!seen.wasKilled) return { phases, last: seen };
    phases.push(seen.phase);
  }
}

/** Of a soak: what was aimed at and never hit. A few kills may all miss. */
export function missedAims(survived: readonly Survived[], aims: readonly KillAim[]): KillAim[] {
  if (KILLS < 100) return [];
  const phases = survived.flatMap((one) => one.phases);
  return aims.filter(
    (aim) => aim !== "time" && aim !== "event" && !phases.some((phase) => phase.split(" ")[0] === aim),
  );
}

/** For people: where the kills fell. */
export function spokenPhases(survived: readonly Survived[]): string {
  const phases = survived.flatMap((one) => one.phases);
  const counts = [...Map.groupBy(phases, (phase) => phase)].toSorted(([, a], [, b]) => b.length - a.length);
  const list = counts.map(([phase, kills]) => `${phase} ${kills.length}`).join(", ");
  return `${survived.length} indexings, ${phases.length} kills: ${list}`;
}

/** Notices and errors that a kill is no reason for. */
export function unexpectedCodes({ codes }: SeenRun, isIndexMade: boolean): string[] {
  return codes.filter((code) => code !== "CONTINUED" && (isIndexMade || code !== "REBUILT"));
}
