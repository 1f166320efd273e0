import type { Remedy } from "../model/finding.ts";
import type { IndexContents } from "../store/index-folder.ts";

/** What can be done about an index, as people are told. */
export type Remedies = Readonly<Record<Exclude<Remedy["kind"], "none">, Remedy>>;

export function remediesFor(contents: IndexContents): Remedies {
  return contents === "workspace" ? ofWorkspace : ofItems;
}

/** One that the engine has no call for. */
export function unaided(sentence: string): Remedy {
  return { kind: "none", sentence };
}

const ofWorkspace: Remedies = {
  maintain: { kind: "maintain", sentence: "Run `resona maintain`." },
  index: { kind: "index", sentence: "Run `resona index`." },
  rebuild: {
    kind: "rebuild",
    sentence: "Build it anew with `resona index --rebuild`; an index holds derived data only.",
  },
  heal: {
    kind: "heal",
    sentence: "Run `resona index`, or `resona doctor --fix`: the index goes back to its newest whole version.",
  },
};

/** Only who has the items can embed them again. */
const ofItems: Remedies = {
  maintain: { kind: "maintain", sentence: "Run `resona embed maintain`." },
  index: unaided("Embed the items again; those that are stored are skipped."),
  rebuild: unaided("Remove the index and embed the items again; an index holds derived data only."),
  heal: { kind: "heal", sentence: "Embed the items again: the index goes back to its newest whole version." },
};
