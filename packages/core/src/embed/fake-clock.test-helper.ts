import type { Clock } from "./clock.ts";

/** A clock on which waiting takes no time; without chance, so that every wait is half of its greatest. */
export function fakeClock(): Clock & { readonly waits: readonly number[]; pass(ms: number): void } {
  let now = 1_000;
  const waits: number[] = [];
  const repeated = new Set<{ readonly ms: number; readonly callback: () => void; next: number }>();
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const [due] = [...repeated].filter(({ next }) => next <= end).toSorted((a, b) => a.next - b.next);
      if (!due) break;
      now = due.next;
      due.next += due.ms;
      due.callback();
    }
    now = end;
  };
  return {
    waits,
    now: () => now,
    random: () => 0,
    pass,
    every(ms, callback) {
      const timer = { ms, callback, next: now + ms };
      repeated.add(timer);
      return () => void repeated.delete(timer);
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      waits.push(ms);
      pass(ms);
    },
  };
}
