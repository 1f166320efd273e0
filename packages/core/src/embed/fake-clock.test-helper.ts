import type { Clock } from "./clock.ts";

/** A clock on which waiting takes no time; without chance, so that every wait is half of its greatest. */
export function fakeClock(): Clock & { readonly waits: readonly number[]; pass(ms: number): void } {
  let now = 1_000;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    random: () => 0,
    pass(ms) {
      now += ms;
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      waits.push(ms);
      now += ms;
    },
  };
}
