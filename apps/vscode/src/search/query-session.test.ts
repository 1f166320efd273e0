import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { QuerySession, type QueryView } from "./query-session.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A search that the test answers. */
interface Asked {
  readonly query: string;
  readonly signal: AbortSignal;
  answer(value: string): void;
  fail(reason: unknown): void;
  end(): void;
}

function startSession() {
  const asked: Asked[] = [];
  const views: QueryView<string>[] = [];
  const session = new QuerySession<string>(
    (query, signal) => {
      const values = new TransformStream<string, string>();
      const writer = values.writable.getWriter();
      const ignore = () => undefined;
      asked.push({
        query,
        signal,
        answer: (value) => void writer.write(value).catch(ignore),
        fail: (reason) => void writer.abort(reason).catch(ignore),
        end: () => void writer.close().catch(ignore),
      });
      return values.readable;
    },
    (view) => views.push(view),
  );
  return { session, asked, views };
}

/** Lets everything happen that is due now. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

describe("when a query is searched", () => {
  it("is at once after a pause, so that pasted text waits for nothing", () => {
    const { session, asked } = startSession();
    session.setQuery("shopping cart");
    expect(asked.map(({ query }) => query)).toEqual(["shopping cart"]);
  });

  it("is once it has been quiet for a moment, if it is typed quickly", async () => {
    const { session, asked } = startSession();
    for (const text of ["c", "ca", "car", "cart"]) {
      session.setQuery(text);
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(asked.map(({ query }) => query)).toEqual(["c"]);
    await vi.advanceTimersByTimeAsync(40);
    expect(asked.map(({ query }) => query)).toEqual(["c", "cart"]);
  });

  it("is after a longer quiet where searches take longer, and after a shorter one where they do not", async () => {
    const { session, asked } = startSession();
    const typeAndAnswer = async (text: string, tookMs: number) => {
      session.setQuery(text);
      await vi.advanceTimersByTimeAsync(tookMs);
      asked.at(-1)?.answer("cart.ts");
      asked.at(-1)?.end();
      await vi.advanceTimersByTimeAsync(500);
    };
    const quietBefore = async (text: string) => {
      session.setQuery(`${text}1`);
      session.setQuery(`${text}2`);
      const begun = asked.length;
      let ms = 0;
      for (; asked.length === begun && ms < 1_000; ms += 10) await vi.advanceTimersByTimeAsync(10);
      asked.at(-1)?.end();
      await vi.advanceTimersByTimeAsync(500);
      return ms;
    };
    await typeAndAnswer("slow", 700);
    expect(await quietBefore("slow")).toBe(250);
    await typeAndAnswer("middling", 120);
    expect(await quietBefore("middling")).toBe(120);
    await typeAndAnswer("fast", 5);
    expect(await quietBefore("fast")).toBe(40);
  });

  it("is not at once while another search is under way, which goes on for a while when it is cancelled", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    await vi.advanceTimersByTimeAsync(500);
    session.setQuery("cart total");
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked.map(({ query }) => query)).toEqual(["cart", "cart total"]);
  });

  it("is not if only white space has changed, or nothing is left of it", async () => {
    const { session, asked, views } = startSession();
    session.setQuery("cart");
    await vi.advanceTimersByTimeAsync(500);
    session.setQuery(" cart  ");
    session.setQuery("  ");
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toHaveLength(1);
    expect(views.at(-1)).toEqual({ query: "", isBusy: false });
  });

  it("is cancelled with the next keystroke and when the list is closed", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    await vi.advanceTimersByTimeAsync(500);
    session.setQuery("cart total");
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    session.close();
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });
});

describe("when the index has changed", () => {
  it("is searched again for the same, at once", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    asked[0]?.end();
    await settle();
    session.searchAgain();
    expect(asked.map(({ query }) => query)).toEqual(["cart", "cart"]);
  });

  it("is so once the search under way is over, which may not have seen the change", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    session.searchAgain();
    session.searchAgain();
    expect(asked).toHaveLength(1);
    asked[0]?.answer("old");
    asked[0]?.end();
    await settle();
    expect(asked).toHaveLength(2);
    asked[1]?.answer("new");
    asked[1]?.end();
    await settle();
    expect(session.view).toMatchObject({ isBusy: false, answer: { value: "new" } });
    expect(asked).toHaveLength(2);
  });
});

describe("what waits for an answer, as opening the first hit does", () => {
  function startWaiting() {
    const { session, ...rest } = startSession();
    const done: (string | undefined)[] = [];
    const wait = () =>
      session.whenAnswered(() => {
        const { answer } = session.view;
        done.push(answer !== undefined && "value" in answer ? answer.value : undefined);
      });
    return { session, ...rest, done, wait };
  }

  it("does not take that of the query before, but the first to what has been typed", async () => {
    const { session, asked, done, wait } = startWaiting();
    session.setQuery("cart");
    asked[0]?.answer("cart.ts");
    asked[0]?.end();
    await vi.advanceTimersByTimeAsync(500);
    session.setQuery("cartographer");
    wait();
    expect(done).toEqual([]);
    asked[1]?.answer("map.ts");
    await settle();
    asked[1]?.answer("maps.ts");
    asked[1]?.end();
    await settle();
    expect(done).toEqual(["map.ts"]);
  });

  it("does not wait where the answer is there, while more is to come or not", async () => {
    const { session, asked, done, wait } = startWaiting();
    session.setQuery("cart");
    asked[0]?.answer("one folder");
    await settle();
    wait();
    expect(done).toEqual(["one folder"]);
    asked[0]?.end();
    await settle();
    wait();
    expect(done).toEqual(["one folder", "one folder"]);
  });

  it("is done when the search fails, which is then what there is to see", async () => {
    const { session, asked, done, wait } = startWaiting();
    session.setQuery("cart");
    wait();
    asked[0]?.fail(new Error("no"));
    await settle();
    expect(done).toEqual([undefined]);
  });

  it.each([
    ["the next keystroke", "cart"],
    ["white space as well", "car "],
  ])("is forgotten with %s", async (_, next) => {
    const { session, asked, done, wait } = startWaiting();
    session.setQuery("car");
    wait();
    session.setQuery(next);
    await vi.advanceTimersByTimeAsync(500);
    asked.at(-1)?.answer("cart.ts");
    asked.at(-1)?.end();
    await settle();
    expect(session.view.isBusy).toBe(false);
    expect(done).toEqual([]);
  });

  it("is not done any more when the list is closed", async () => {
    const { session, asked, done, wait } = startWaiting();
    session.setQuery("cart");
    wait();
    session.close();
    asked[0]?.answer("cart.ts");
    asked[0]?.end();
    await settle();
    wait();
    expect(done).toEqual([]);
  });
});

describe("what is shown", () => {
  it("is each answer of a search, and the last one stays", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    asked[0]?.answer("one folder");
    await settle();
    expect(session.view).toMatchObject({ isBusy: true, answer: { query: "cart", value: "one folder" } });
    asked[0]?.answer("both folders");
    asked[0]?.end();
    await settle();
    expect(session.view).toMatchObject({ isBusy: false, answer: { query: "cart", value: "both folders" } });
  });

  it("stays until there is an answer to the new query", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    asked[0]?.answer("cart.ts");
    asked[0]?.end();
    await vi.advanceTimersByTimeAsync(500);
    session.setQuery("carts");
    expect(session.view).toMatchObject({ query: "carts", isBusy: true, answer: { query: "cart" } });
  });

  it("is the time from the keystroke to the answer, with the wait for quiet", async () => {
    const { session, asked } = startSession();
    session.setQuery("c");
    await vi.advanceTimersByTimeAsync(50);
    session.setQuery("ca");
    await vi.advanceTimersByTimeAsync(130);
    asked[1]?.answer("cart.ts");
    await settle();
    expect(session.view.answer).toEqual({ query: "ca", value: "cart.ts", latencyMs: 130 });
  });

  it("is the failure, until a search succeeds", async () => {
    const { session, asked } = startSession();
    session.setQuery("cart");
    asked[0]?.fail(new Error("no"));
    await settle();
    expect(session.view).toEqual({ query: "cart", isBusy: false, answer: { query: "cart", error: new Error("no") } });
    session.searchAgain();
    asked[1]?.answer("cart.ts");
    asked[1]?.end();
    await settle();
    expect(session.view).toMatchObject({ isBusy: false, answer: { value: "cart.ts" } });
  });
});

describe("whatever happens in whatever order", () => {
  type Step =
    | { readonly do: "type"; readonly text: string }
    | { readonly do: "wait"; readonly ms: number }
    | { readonly do: "answer"; readonly which: number }
    | { readonly do: "fail"; readonly which: number }
    | { readonly do: "end"; readonly which: number }
    | { readonly do: "again" }
    | { readonly do: "close" };
  const which = fc.nat({ max: 20 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("type" as const), text: fc.constantFrom("", "a", "b", "b ", "c") }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 40, 99, 100, 250) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("answer" as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("fail" as const, "end" as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("again" as const, "close" as const) }) },
  );

  it("shows the answer to the newest query, and never one to a query that was replaced", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { session, asked, views } = startSession();
        let closedAt: number | undefined;
        let typed = "";
        const isOver = new Set<number>();
        /** The number of an answer is that of its search. */
        const numberOf = (view: QueryView<string> | undefined): number | undefined =>
          view?.answer === undefined
            ? undefined
            : Number("value" in view.answer ? view.answer.value : view.answer.error);
        for (const one of steps) {
          const before = numberOf(session.view);
          if (one.do === "type") {
            session.setQuery(one.text);
            if (closedAt === undefined) typed = one.text.trim();
          } else if (one.do === "wait") {
            await vi.advanceTimersByTimeAsync(one.ms);
          } else if (one.do === "again") {
            session.searchAgain();
          } else if (one.do === "close") {
            session.close();
            closedAt ??= views.length;
          } else {
            const number = one.which % Math.max(1, asked.length);
            if (one.do === "answer") asked[number]?.answer(String(number));
            else if (one.do === "fail") asked[number]?.fail(String(number));
            else asked[number]?.end();
            if (one.do !== "answer") isOver.add(number);
          }
          await settle();
          const after = numberOf(session.view);
          // What is shown anew is the answer of the newest search of all, which is for what is in the box.
          const isNew = after !== undefined && after !== before;
          const shown = { number: after, query: session.view.answer?.query };
          expect(isNew ? shown : undefined).toEqual(isNew ? { number: asked.length - 1, query: typed } : undefined);
          expect(session.view.query).toBe(typed);
          const goesOn = asked.filter(({ signal }, number) => !signal.aborted && !isOver.has(number));
          expect(goesOn.filter(({ query }) => closedAt !== undefined || query !== typed)).toEqual([]);
        }
        expect(views.slice(closedAt)).toEqual(closedAt === undefined ? views : []);
        if (closedAt !== undefined) return;
        // In the end, the newest search is answered, unless it has ended before.
        await vi.advanceTimersByTimeAsync(250);
        // Twice, as it may have been asked to search again meanwhile.
        for (let n = 0; n < 2; n++) {
          asked.at(-1)?.answer(String(asked.length - 1));
          asked.at(-1)?.end();
          await settle();
        }
        expect(session.view.isBusy).toBe(false);
        const isAnswered = typed !== "" && !isOver.has(asked.length - 1);
        expect(session.view.answer?.query).toBeOneOf(isAnswered ? [typed] : [typed, undefined]);
        session.close();
      }),
      { numRuns: 300, seed: 20_261_121 },
    );
  });
});
