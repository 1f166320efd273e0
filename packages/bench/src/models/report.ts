/** A promise about a measurement. */
export interface Check {
  readonly name: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A part of the report. */
export interface Section {
  readonly title: string;
  /** Paragraphs and tables. */
  readonly text: readonly string[];
  readonly checks: readonly Check[];
}

export function isMet({ measured, atLeast = -Infinity, atMost = Infinity }: Check): boolean {
  return measured >= atLeast && measured <= atMost;
}

/** A table as Markdown has them; numbers as they are given. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(cells[0] ?? []), rule, ...cells.slice(1).map(line)].join("\n");
}

/** The checks as a table, with those that are not met in capitals. */
export function checkTable(checks: readonly Check[], digits = 2): string {
  return table(
    ["bound", "measured", "promised", ""],
    checks.map((check) => {
      const promised = check.atLeast === undefined ? `≤ ${check.atMost ?? ""}` : `≥ ${check.atLeast}`;
      return [check.name, check.measured.toFixed(digits), promised, isMet(check) ? "met" : "NOT MET"];
    }),
  );
}
