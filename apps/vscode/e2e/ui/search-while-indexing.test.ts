import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { manyNotes, shopFiles } from "../workspace.ts";

// Enough for a run that is still going on when the window has been looked at a few times.
const workspace = useWorkspace({ ...shopFiles, ...manyNotes(20_000) });
const editor = useEditor({ workspace, settings: { "resona.autoIndex": false } });

/** What the list says in its title, and what it has first. */
async function seen(): Promise<string> {
  const [title, [first = ""]] = await Promise.all([
    editor.quickInput.locator(".quick-input-title").innerText(),
    editor.choices(),
  ]);
  return `${title}: ${first}`;
}

test("while the first index is being built, what is in it is found, and the list says how far it is", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await editor.runCommand("Resona: Search");
  await editor.type("hours in which it rained");
  await expect.poll(seen).toMatch(/^Search – still indexing: \d+%: \d+\.md$/);
  await editor.screenshot("search-while-indexing");
  // The list is brought up to date when the run is over.
  await expect.poll(seen, { timeout: 120_000 }).toMatch(/^Search: \d+\.md$/);
  await editor.type("total price of a shopping cart");
  await expect.poll(seen).toBe("Search: cart.ts");
});
