/** Names spelled out in a sentence; the others are counted. */
const NAMES_SHOWN = 5;

/** `a, b, c, d, e and 3 more` */
export function listed(names: readonly string[], count: number = names.length): string {
  const shown = names.slice(0, NAMES_SHOWN);
  const more = count - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more.toLocaleString("en-US")} more` : ""}`;
}

/** What a check came across: how many, and the first of them by name. */
export class Tally {
  count = 0;
  readonly names: string[] = [];

  add(name: () => string): void {
    this.count++;
    if (this.names.length < NAMES_SHOWN) this.names.push(name());
  }

  list(): string {
    return listed(this.names, this.count);
  }
}
