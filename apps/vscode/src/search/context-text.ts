import type { FoundHit } from "./found-hit.ts";

/** Languages that Markdown knows by another name than the index does. */
const fenceNames: Readonly<Record<string, string>> = { make: "makefile", text: "" };

/**
 * Hits as Markdown to be pasted where context is asked for: the place, then the code in a fence.
 *
 * @param isLabelled whether paths begin with the name of the folder.
 */
export function contextText(hits: readonly FoundHit[], isLabelled: boolean): string {
  return hits.map((hit) => blockOf(hit, isLabelled)).join("\n");
}

function blockOf({ folder, path, startLine, endLine, language, snippet }: FoundHit, isLabelled: boolean): string {
  const place = `${isLabelled ? `${folder.name}/` : ""}${path}:${startLine}-${endLine}`;
  const fence = "`".repeat(Math.max(3, longestRun(snippet) + 1));
  return `${place}\n\n${fence}${fenceNames[language] ?? language}\n${snippet}\n${fence}\n`;
}

/** Of back-ticks: a fence has to be longer than any in it. */
function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
