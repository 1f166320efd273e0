import { type Markup, html } from "../html.ts";

/** Part of a whole, as a bar: what there is, and what is missing or to spare, hatched. */
export interface ShareBar {
  readonly name: string;
  /** What the bar shows, in words. */
  readonly value: string;
  readonly part: number;
  readonly whole: number;
}

export function shareBar({ name, value, part, whole }: ShareBar): Markup {
  const filled = filledPercent(part, whole);
  return html`<li class="bar">
    <span class="name">${name}</span> <span class="value">${value}</span>
    <svg aria-hidden="true" width="100%" height="8">
      <rect class="rest" fill="url(#hatch)" width="100%" height="100%" />
      <rect class="part" width="${filled}%" height="100%" />
    </svg>
  </li>`;
}

/** A number among others, as a bar: the largest is the whole width. What belongs to it stands below. */
export function countBar({ name, value, part, whole }: ShareBar, more?: Markup): Markup {
  return html`<li class="bar">
    <span class="name">${name}</span> <span class="value">${value}</span>
    <svg aria-hidden="true" width="100%" height="8">
      <rect class="part" width="${filledPercent(part, whole)}%" height="100%" />
    </svg>
    ${more}
  </li>`;
}

/** 0 to 100. What is not all is not drawn as all, nor what is something as nothing. */
export function filledPercent(part: number, whole: number): number {
  if (part <= 0) return 0;
  if (part >= whole) return 100;
  return Math.min(99, Math.max(1, Math.round((part / whole) * 1000) / 10));
}
