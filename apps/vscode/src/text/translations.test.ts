import { readFileSync, readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { renderSections } from "../health-panel/render-page.ts";
import { healthy, now } from "../health/folder-health.test-helper.ts";
import type { MaintenanceRun } from "../health/maintenance-run.ts";
import { resultsText } from "../search/results-text.ts";
import { english } from "./english.test-helper.ts";
import { german } from "./german.test-helper.ts";
import type { Wording } from "./wording.ts";

type Texts = Readonly<Record<string, string>>;

const app = new URL("../../", import.meta.url);
const readText = (path: string): string => readFileSync(new URL(path, app), "utf8");
const readTexts = (path: string): Texts => JSON.parse(readText(path)) as Texts;

/** Paths of the translations of a file, one for each language. */
function translationsOf(folder: string, original: string): string[] {
  return readdirSync(new URL(folder, app))
    .filter((file) => file.startsWith(`${original}.`) && file !== `${original}.json`)
    .map((file) => `${folder}${file}`);
}

/** What no translation may change: holes, settings, files and links to commands. */
function fixedParts(text: string): string[] {
  return (text.match(/\{\d+\}|\.?\bresona(?:\.\w+|ignore)?\b|\(command:[^)]*\)/g) ?? []).toSorted();
}

describe("every translation", () => {
  const pairs = [
    ...translationsOf("l10n/", "bundle.l10n").map((path) => [path, "l10n/bundle.l10n.json"] as const),
    ...translationsOf("./", "package.nls").map((path) => [path, "package.nls.json"] as const),
  ];

  it("is there for the texts of the sources and of the manifest", () => {
    expect(pairs.map(([path]) => path)).toEqual(["l10n/bundle.l10n.de.json", "./package.nls.de.json"]);
  });

  it.each(pairs)("has a text for each of the English ones, and no other: %s", (path, original) => {
    const [texts, originals] = [readTexts(path), readTexts(original)];
    expect(Object.keys(texts).toSorted()).toEqual(Object.keys(originals).toSorted());
    expect(Object.keys(texts).filter((key) => texts[key]?.trim() === "")).toEqual([]);
  });

  it.each(pairs)("keeps numbers, settings and links in it: %s", (path, original) => {
    const [texts, originals] = [readTexts(path), readTexts(original)];
    const parts = (of: Texts) => Object.keys(originals).map((key) => [key, fixedParts(of[key] ?? "")] as const);
    expect(parts(texts)).toEqual(parts(originals));
  });
});

describe("the manifest", () => {
  it("uses each of its texts, and has one for each that it uses", () => {
    const used = readText("package.json").match(/(?<=")%[\w.]+%(?=")/g) ?? [];
    const texts = Object.keys(readTexts("package.nls.json"));
    expect(new Set(used)).toEqual(new Set(texts.map((key) => `%${key}%`)));
  });

  it("says where the others are", () => {
    expect(JSON.parse(readText("package.json"))).toMatchObject({ l10n: "./l10n" });
  });
});

describe("in another language", () => {
  /** The words of HTML that are read or read out, once each. */
  const wordsOf = (markup: string) => {
    const labels = [...markup.matchAll(/(?:aria-label|title|alt)="([^"]*)"/g)].map(([, label]) => label);
    const texts = [markup.replaceAll(/<[^>]*>/g, " "), ...labels].join(" ");
    return [...new Set(texts.match(/[\w/.-]*[a-z][\w/.-]*/gi))];
  };

  const page = (wording: Wording) => {
    const health = healthy();
    const history = [{ at: now.getTime(), fragments: 5, versions: 9, maintained: true }];
    const memory = { startedAt: 0, interval: 250, points: [1e8] };
    const before = { fragments: 23, versions: 131, unindexedRows: 6_120, diskBytes: 148_300_000 };
    const maintenance: MaintenanceRun = { kind: "running", before, step: "compaction" };
    const view = { folders: [health, health], health, history, memory, maintenance, examination: undefined, now };
    return Object.values(renderSections(view, wording)).join(" ");
  };

  it("the health page has no word of its own but names and units", () => {
    expect(page(german)).toContain("Der Index ist in gutem Zustand");
    const data = ["denied", "permission", "shop", "small-code-model", "src/a.ts", "src/b.ts", "typescript"];
    const untold = wordsOf(page({ l10n: { t: () => "" }, locale: "de" }));
    expect(untold.toSorted()).toEqual(["Byte", "MB", "Minuten", "Sek.", "vor", ...data].toSorted());
  });

  it("numbers and plurals are right", () => {
    const state = { runOf: () => undefined, shareOf: () => undefined };
    const told = (count: number) => resultsText({ title: "q", count, answers: [] }, state, german);
    expect([0, 1, 2].map(told)).toEqual(["q: nichts gefunden", "q: 1 Ergebnis", "q: 2 Ergebnisse"]);
  });

  it("a text without a translation is shown in English", () => {
    expect(german.l10n.t("{0} pears", 3)).toBe(english.l10n.t("{0} pears", 3));
  });
});
