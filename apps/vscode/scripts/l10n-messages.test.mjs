import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { messagesOf, sourceMessages } from "./l10n-messages.ts";

it("the bundle has the texts of the sources; `pnpm --filter resona l10n` writes it", () => {
  const bundle = readFileSync(new URL("../l10n/bundle.l10n.json", import.meta.url), "utf8");
  expect(JSON.parse(bundle)).toEqual(sourceMessages());
});

describe("texts are taken", () => {
  it.each([
    [`import { l10n } from "vscode"; l10n.t("A");`, ["A"]],
    [`vscode.l10n.t('It\\'s {0}', l10n.t("B"));`, ["It's {0}", "B"]],
    [`class View { #wording; name = this.#wording.l10n.t(\`C\`) }`, ["C"]],
    [`const f = ({ l10n }: Wording): string => (many ? l10n.t("D") : l10n.t("E"));`, ["D", "E"]],
    [`// l10n.t("no")\nother.t("no"); l10n.bundle("no"); const text = 'l10n.t("no")';`, []],
  ])("from %s", (text, messages) => {
    expect(messagesOf("a.ts", text)).toEqual(messages);
  });

  it.each(["l10n.t(text)", 'l10n.t(many ? "A" : "B")', "l10n.t(`${count} pears`)", 'l10n.t("A" + b)', "l10n.t()"])(
    "or it fails, as nobody could translate %s",
    (call) => {
      expect(() => messagesOf("a.ts", `\n${call};`)).toThrow("a.ts:2");
    },
  );

  it("or it fails where there is no program", () => {
    expect(() => messagesOf("a.ts", "l10n.t(")).toThrow("a.ts");
  });
});
