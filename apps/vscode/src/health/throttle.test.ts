import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Throttle } from "./throttle.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function throttled() {
  const work = vi.fn<() => void>();
  return { work, throttle: new Throttle(work, 100) };
}

it("answers the first request at once, and those that follow together", () => {
  const { work, throttle } = throttled();
  throttle.request();
  expect(work).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 50; n++) {
    throttle.request();
    vi.advanceTimersByTime(10);
  }
  expect(work).toHaveBeenCalledTimes(6);
  vi.advanceTimersByTime(1_000);
  expect(work).toHaveBeenCalledTimes(6);
});

it("answers the last request even if none follows", () => {
  const { work, throttle } = throttled();
  throttle.request();
  throttle.request();
  vi.advanceTimersByTime(100);
  expect(work).toHaveBeenCalledTimes(2);
});

it("answers nothing once it is disposed of", () => {
  const { work, throttle } = throttled();
  throttle.request();
  throttle.request();
  throttle.dispose();
  throttle.request();
  vi.advanceTimersByTime(1_000);
  expect(work).toHaveBeenCalledTimes(1);
});
