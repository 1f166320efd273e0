import type { WriteMoment } from "./kill-in-write.ts";
import type { KillPoint, SeenRun, TimedStep } from "./kill-run.ts";

/** What a kill is aimed at. */
export type KillAim = "time" | "event" | TimedStep | "tables" | "checkpoint.json" | "index.json";

/** The golden ratio's multiples are spread evenly over the unit interval, however many there are. */
const GOLDEN = 0.618_033_988_749_894_9;

const moments: readonly WriteMoment[] = ["half written", "written", "renamed"];

/**
 * An instant of a run, given one that was not disturbed. `time` and `event` spread instants evenly over the run: the
 * nth of all kills that have this aim comes at another part of it.
 */
export function killPoint(aim: KillAim, nth: number, undisturbed: SeenRun, random: () => number): KillPoint {
  const share = (nth * GOLDEN) % 1;
  const commits = undisturbed.stepMs.commit.length;
  switch (aim) {
    case "time":
      return { kind: "time", ms: share * undisturbed.ms };
    case "event":
      return { kind: "event", nth: 1 + Math.floor(share * undisturbed.events), ms: 20 * random() };
    case "tables":
      return { kind: "tables", after: random() < 0.5 ? "write" : "delete", nth: 1 + Math.floor(random() * commits) };
    case "checkpoint.json":
    case "index.json": {
      const moment = moments[Math.floor(random() * moments.length)] ?? "written";
      // A checkpoint after each commit; the manifest when an index is made, before its first commit, after the last.
      const writes = aim === "index.json" ? 3 : commits;
      return { kind: "write", file: aim, nth: 1 + Math.floor(random() * writes), moment };
    }
    case "commit":
    case "compaction":
    case "index":
    case "cleanup": {
      const times = undisturbed.stepMs[aim];
      const which = Math.floor(random() * times.length);
      return { kind: "step", step: aim, nth: which + 1, ms: random() * (times[which] ?? 0) };
    }
  }
}
