import type { Wording } from "../text/wording.ts";
import type { HealthView } from "./health-view.ts";
import { type Markup, exactly, html } from "./html.ts";
import { coverageSection } from "./sections/coverage.ts";
import { diskSection } from "./sections/disk.ts";
import { factsSection } from "./sections/facts.ts";
import { findingsSection } from "./sections/findings.ts";
import { headerSection } from "./sections/header.ts";
import { historySection } from "./sections/history.ts";
import { languagesSection } from "./sections/languages.ts";
import { leftOutSection } from "./sections/left-out.ts";
import { maintenanceSection } from "./sections/maintenance.ts";
import { memorySection } from "./sections/memory.ts";
import { verdictSection } from "./sections/verdict.ts";

/** Renders a part of the page; undefined where there is nothing to show. */
type Section = (view: HealthView, wording: Wording) => Markup | undefined;

const top = { header: headerSection, verdict: verdictSection, facts: factsSection, findings: findingsSection };

/** Two columns where there is room, one below the other where there is not. */
const left = {
  maintenance: maintenanceSection,
  coverage: coverageSection,
  disk: diskSection,
  memory: memorySection,
};
const right = { history: historySection, "left-out": leftOutSection, languages: languagesSection };

const sections: Readonly<Record<string, Section>> = { ...top, ...left, ...right };

/** What the page is made of beside its contents. */
export interface PageFrame {
  /** Of the styles and the script, as the page can load them. */
  readonly styleUri: string;
  readonly scriptUri: string;
  /** Where styles may come from. */
  readonly cspSource: string;
  /** Of this page alone: names the one script that may run. */
  readonly nonce: string;
}

/** The parts of the page by their ids, as HTML. */
export function renderSections(view: HealthView, wording: Wording): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(sections).map(([id, section]) => [id, section(view, wording)?.html ?? ""]));
}

/** The whole page. It can load nothing but its own style and script, and run nothing but that script. */
export function renderPage(view: HealthView, frame: PageFrame, wording: Wording): string {
  const part = (id: string, section: Section) => html`<section id="${id}">${section(view, wording)}</section>`;
  const parts = (some: Readonly<Record<string, Section>>) =>
    Object.entries(some).map(([id, section]) => part(id, section));
  const { l10n } = wording;
  const policy = `default-src 'none'; style-src ${frame.cspSource}; script-src 'nonce-${frame.nonce}'`;
  return html`<!doctype html>
    <html lang="${wording.locale}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="stylesheet" href="${frame.styleUri}" />
        <title>${l10n.t("Index health")}</title>
      </head>
      <body data-folder="${exactly(view.health.id)}">
        <svg class="patterns" aria-hidden="true" width="0" height="0">
          <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="2" height="5" />
          </pattern>
        </svg>
        <main>
          ${parts(top)}
          <div class="cards">
            <div>${parts(left)}</div>
            <div>${parts(right)}</div>
          </div>
        </main>
        <p id="announcement" class="visually-hidden" role="status"></p>
        <script nonce="${frame.nonce}" src="${frame.scriptUri}"></script>
      </body>
    </html>`.html;
}
