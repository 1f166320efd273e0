import { loadavg } from "node:os";

/** Says so if something else keeps the machine busy: times are then not what they would be. */
export function reportLoad(progress: (line: string) => void): void {
  const [load = 0] = loadavg();
  if (load > 0.5) progress(`The machine is busy (load ${load.toFixed(1)}): times by the clock will be too long.`);
}
