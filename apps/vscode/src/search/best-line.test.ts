import fc from "fast-check";
import { expect, it } from "vitest";

import { bestLine } from "./best-line.ts";

function best(query: string, lines: readonly string[], symbols: readonly string[] = []): string {
  return bestLine({ snippet: lines.join("\n"), symbols }, query).text;
}

it("is the line that has most of the query's words", () => {
  expect(best("price of the cart", ["const price = 1;", "return cart.price;", "cart.close();"])).toBe(
    "return cart.price;",
  );
});

it("finds the parts of a name, in whatever case", () => {
  expect(best("cartTotal", ["let shop;", "let TOTAL_OF_CART;"])).toBe("let TOTAL_OF_CART;");
});

it("is the definition where no word of the query is in it", () => {
  expect(best("sum up", ["import a;", "  function total() {", "}"], ["Shop.total"])).toBe("function total() {");
});

it("is the first line with any text otherwise", () => {
  expect(best("sum up", ["", "}", "  alpha", "beta"])).toBe("alpha");
  expect(best("sum up", ["", ""])).toBe("");
});

it("is always a line of the snippet, with the place that it has there", () => {
  const line = fc.stringMatching(/^[ \t]{0,3}[a-z(){}. ]{0,12}$/);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), fc.string(), (lines, query) => {
      const { row, text, indent } = bestLine({ snippet: lines.join("\n"), symbols: ["a.b"] }, query);
      expect(lines[row]?.trim()).toBe(text);
      expect(lines[row]?.slice(indent).trimEnd()).toBe(text);
    }),
  );
});
