import type { Remedy } from "../model/finding.ts";

/** What can be done about an index, as people are told. */
export type Remedies = Readonly<
  Record<
    | Exclude<Remedy["kind"], "none">
    /** Against what `findLostData` finds. */
    | "restore",
    Remedy
  >
>;

/** One that the engine has no call for. */
export function unaided(sentence: string): Remedy {
  return { kind: "none", sentence };
}

const maintain: Remedy = { kind: "maintain", sentence: "Run `resona maintain`." };
const index: Remedy = { kind: "index", sentence: "Run `resona index`." };
const rebuild: Remedy = {
  kind: "rebuild",
  sentence: "Build it anew with `resona index --rebuild`; an index holds derived data only.",
};

/** Of the files of a workspace. */
export const workspaceRemedies: Remedies = {
  maintain,
  index,
  rebuild,
  restore: rebuild,
  heal: {
    kind: "heal",
    sentence: "Run `resona index`, or `resona doctor --fix`: the index goes back to its newest whole version.",
  },
};

/** Of the history of a workspace, which `index` reads anew where it finds it broken. */
export const historyRemedies: Remedies = {
  maintain,
  index,
  rebuild,
  restore: { kind: "index", sentence: "Run `resona index`: the history is read anew." },
  heal: {
    kind: "heal",
    sentence: "Run `resona doctor --fix`: the history goes back to its newest whole version, and is read anew.",
  },
};

const embedAgain = unaided("Remove the index and embed the items again; an index holds derived data only.");

/** Of items: only who has them can embed them again. */
export const itemRemedies: Remedies = {
  maintain: { kind: "maintain", sentence: "Run `resona embed maintain`." },
  index: unaided("Embed the items again; those that are stored are skipped."),
  rebuild: embedAgain,
  restore: embedAgain,
  heal: { kind: "heal", sentence: "Embed the items again: the index goes back to its newest whole version." },
};
