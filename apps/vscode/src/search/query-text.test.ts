import { describe, expect, it } from "vitest";

import { type SymbolLines, linesAround, queryOf } from "./query-text.ts";

it("makes one line of code, and not too long a one", () => {
  expect(queryOf("  function a() {\n\treturn 1;\r\n}\n")).toBe("function a() { return 1; }");
  expect(queryOf("ab ".repeat(10_000)).length).toBeLessThanOrEqual(2_000);
  expect(queryOf(" \n ")).toBe("");
});

describe("what the cursor is in", () => {
  const symbol = (start: number, end: number, isCallable: boolean, ...children: readonly SymbolLines[]) => ({
    start,
    end,
    isCallable,
    children,
  });
  const callback = symbol(14, 16, true);
  const method = symbol(10, 20, true, symbol(12, 12, false), callback);
  const symbols = [symbol(0, 3, false), symbol(5, 60, false, method, symbol(22, 24, false)), symbol(70, 300, true)];

  it("is the function, neither its class nor a callback in it", () => {
    expect(linesAround(15, symbols, 400)).toEqual({ start: 10, end: 20 });
  });

  it("is the largest other symbol where there is no function", () => {
    expect(linesAround(23, symbols, 400)).toEqual({ start: 5, end: 60 });
    expect(linesAround(2, symbols, 400)).toEqual({ start: 0, end: 3 });
  });

  it("is some lines before and after where there is no symbol, or only one that is too long", () => {
    expect(linesAround(200, symbols, 400)).toEqual({ start: 192, end: 208 });
    expect(linesAround(65, symbols, 400)).toEqual({ start: 57, end: 73 });
    expect(linesAround(1, [], 4)).toEqual({ start: 0, end: 3 });
  });
});
