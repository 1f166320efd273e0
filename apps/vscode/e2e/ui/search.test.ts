import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const workspace = useWorkspace(shopFiles);
const editor = useEditor({ workspace, settings: { "resona.autoIndex": false } });

/** Opens a file with the cursor in a line, as a user does who knows its name. */
async function goTo(name: string, line: number): Promise<void> {
  await editor.page.keyboard.press("Control+P");
  await editor.type(`${name}:${line}`);
  await expect.poll(() => editor.choices()).toContain(name);
  await editor.page.keyboard.press("Enter");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name, line });
}

async function search(query: string, best: string): Promise<void> {
  await editor.runCommand("Resona: Search");
  await editor.type(query);
  await expect.poll(async () => (await editor.choices())[0]).toBe(best);
}

/** The names in the tabs of all groups, from left to right. */
function openFiles(): Promise<(string | null)[]> {
  return editor.page.locator(".tab").evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute("data-resource-name")));
}

function title(): Promise<string> {
  return editor.quickInput.locator(".quick-input-title").innerText();
}

test("where there is no index, the list offers to make one, and then shows what is found", async () => {
  await search("total price of a shopping cart", `Index ${basename(workspace)}`);
  await editor.page.keyboard.press("Enter");
  await expect.poll(async () => (await editor.choices())[0]).toBe("cart.ts");
  await editor.screenshot("search");
  await editor.page.keyboard.press("Escape");
});

test("Enter opens the file at the line that answers", async () => {
  await search("total price of a shopping cart", "cart.ts");
  await editor.page.keyboard.press("Enter");
  await expect.poll(() => editor.activeFile()).toEqual({ name: "cart.ts", line: 6, column: 1 });
});

test("what one moves to is previewed, and Escape shows again what was open, as it was", async () => {
  await goTo("shipping.md", 3);
  const tabs = await openFiles();
  await search("check a password against its hash", "login.ts");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "login.ts" });
  const [, second] = await editor.choices();
  await editor.page.keyboard.press("ArrowDown");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: second });
  expect(
    await editor.quickInput.locator("input.input").evaluate((box) => box === box.ownerDocument.activeElement),
  ).toBe(true);
  await editor.page.keyboard.press("Escape");
  await expect.poll(() => editor.activeFile()).toEqual({ name: "shipping.md", line: 3, column: 1 });
  await expect.poll(openFiles).toEqual(tabs);
  // The keys are the editor's again.
  await editor.page.keyboard.press("ArrowUp");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "shipping.md", line: 2 });
});

test("a file that was open as a preview is so again", async () => {
  await editor.runCommand("View: Close All Editors");
  await editor.page.getByRole("treeitem", { name: "shipping.md" }).click();
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "shipping.md" });
  await search("check a password against its hash", "login.ts");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "login.ts" });
  expect(await openFiles()).toEqual(["login.ts"]);
  await editor.page.keyboard.press("Escape");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "shipping.md" });
  expect(await openFiles()).toEqual(["shipping.md"]);
  expect(await editor.page.locator(".tab.active .italic").count()).toBe(1);
});

test("Ctrl+Enter opens to the side, and what was open stays", async () => {
  await search("check a password against its hash", "login.ts");
  await editor.page.keyboard.press("Control+Enter");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "login.ts" });
  await expect.poll(() => editor.page.locator(".editor-group-container").count()).toBe(2);
  await expect.poll(openFiles).toContain("shipping.md");
  await editor.runCommand("View: Close All Editors");
});

test("an empty query lists what was searched for before", async () => {
  await editor.runCommand("Resona: Search");
  await expect
    .poll(() => editor.choices())
    .toEqual(["check a password against its hash", "total price of a shopping cart"]);
  await editor.pick("total price of a shopping cart");
  await expect.poll(async () => (await editor.choices())[0]).toBe("cart.ts");
});

test("Show All in View lists the results by file, and F4 goes from one to the next", async () => {
  await editor.quickInput.getByRole("button", { name: "Show All in View" }).click();
  const rows = editor.treeRows("Results");
  await expect.poll(() => rows.allInnerTexts()).toHaveLength(8);
  await editor.screenshot("search-results");
  const [file, line] = await rows.allInnerTexts();
  expect(file).toBe("cart.tssrc");
  expect(line).toBe("6: /** Adds up the prices of all items in the shopping cart. */");
  await editor.page.keyboard.press("F4");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "cart.ts", line: 6 });
  await editor.page.keyboard.press("F4");
  await expect.poll(() => editor.activeFile()).not.toMatchObject({ name: "cart.ts" });
  await editor.page.keyboard.press("Shift+F4");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "cart.ts", line: 6 });
});

test("Peek Results shows all of them inside of the editor", async () => {
  await editor.treeRows("Results").nth(1).click({ button: "right" });
  // A click so soon after the menu has opened would be taken for the end of the one that has opened it.
  await editor.page.getByRole("menuitem", { name: "Peek Results" }).hover();
  await editor.page.keyboard.press("Enter");
  const peek = editor.page.locator(".peekview-widget");
  await expect.poll(() => peek.innerText()).toContain("Locations (4)");
  await editor.screenshot("search-peek");
  await editor.page.keyboard.press("Escape");
});

test("the list can be restricted to a path, copied as context and cleared", async () => {
  await editor.runCommand("Resona: Filter Results by Path…");
  await editor.type("docs");
  await editor.page.keyboard.press("Enter");
  const rows = editor.treeRows("Results");
  await expect.poll(() => rows.allInnerTexts()).toHaveLength(2);
  await editor.runCommand("Resona: Copy All Results as Context");
  await expect
    .poll(() => editor.page.evaluate(() => navigator.clipboard.readText()))
    .toBe(
      "docs/shipping.md:1-3\n\n```markdown\n# Shipping\n\nParcels are sent by post within two days. Returns are free of charge.\n```\n",
    );
  await editor.runCommand("Resona: Clear Results");
  await expect.poll(() => rows.count()).toBe(0);
  await editor.page.getByText("All results of a search are listed here.").waitFor();
});

test("Search Selection asks for what is selected; Find Similar Code leaves out the place itself", async () => {
  await goTo("cart.ts", 7);
  await editor.page.keyboard.press("Shift+ArrowDown");
  await editor.runCommand("Resona: Search Selection");
  await expect
    .poll(() => editor.quickInput.locator("input.input").inputValue())
    .toBe("export function cartTotal(items: readonly Item[]): number {");
  await expect.poll(async () => (await editor.choices())[0]).toBe("cart.ts");
  // That is the file itself: its answer is shown in it, and then the selection again.
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "cart.ts", line: 9 });
  await editor.page.keyboard.press("Escape");
  await expect.poll(() => editor.activeFile()).toEqual({ name: "cart.ts", line: 8, column: 1 });
  await editor.runCommand("Resona: Find Similar Code");
  const rows = editor.treeRows("Results");
  await expect.poll(() => rows.allInnerTexts()).toHaveLength(6);
  expect((await rows.allInnerTexts()).join("\n")).not.toContain("cart.ts");
  await editor.page.getByText("Similar to cart.ts:7-7: 3 results").waitFor();
  await editor.runCommand("Resona: Clear Results");
});

test("how long results take is in the log", async () => {
  await editor.runCommand("Developer: Set Log Level...");
  await editor.pick("Resona");
  await editor.pick("Debug");
  await editor.runCommand("Resona: Search");
  for (const query of ["invoice of an order", "password", "parcels by post", "price of all items"]) {
    await editor.type("");
    await editor.page.keyboard.type(query, { delay: 90 });
    await expect.poll(() => editor.quickInput.locator(".monaco-progress-container.active").count()).toBe(0);
  }
  await editor.page.keyboard.press("Escape");
  const latencies = () =>
    [...editor.log().matchAll(/Search: (\d+) ms from the keystroke, (\d+) ms/g)].map(([, all]) => Number(all));
  await expect.poll(() => latencies().length).toBeGreaterThan(3);
  const sorted = latencies().toSorted((a, b) => a - b);
  console.log(
    `${sorted.length} answers, p50 ${sorted[Math.floor(sorted.length / 2)]} ms from the keystroke: ${sorted.join(" ")}`,
  );
});

test("while the index is not complete, what is there is found, and the list says so", async () => {
  await editor.closeWindow();
  await expect.poll(() => editor.engines()).toEqual([]);
  const manifest = join(workspace, ".resona/index.json");
  const { lastIndexedAt: _, ...unfinished } = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, unknown>;
  writeFileSync(manifest, JSON.stringify(unfinished));
  await editor.openWindow();
  await search("total price of a shopping cart", "cart.ts");
  expect(await title()).toBe("Search – not all files are indexed yet");
  await editor.screenshot("search-unfinished");
  await editor.page.keyboard.press("Escape");
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => readFileSync(manifest, "utf8")).toContain("lastIndexedAt");
  await search("total price of a shopping cart", "cart.ts");
  await expect.poll(title).toBe("Search");
});
