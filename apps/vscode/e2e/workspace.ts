import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Makes a folder of its own with these files, text by path, and returns its real path. */
export function makeWorkspace(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "resona-workspace-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The text of a `.code-workspace` file of these folders. */
export function multiRoot(...folders: readonly string[]): string {
  return JSON.stringify({ folders: folders.map((path) => ({ path })) });
}

/** So many files of some paragraphs: enough for a run to be met in the middle. */
export function manyNotes(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`notes/${n}.md`, note(n)]));
}

function note(n: number): string {
  const sections = Array.from({ length: 10 }, (_, i) => `## Hour ${i}\n\nIn hour ${i} of day ${n} it rained.\n`);
  return `# Day ${n}\n\n${sections.join("\n")}`;
}

/** A small library of shop functions: enough files for a search to choose from. */
export const shopFiles: Readonly<Record<string, string>> = {
  "src/cart.ts": [
    "export interface Item {",
    "  price: number;",
    "  count: number;",
    "}",
    "",
    "/** Adds up the prices of all items in the shopping cart. */",
    "export function cartTotal(items: readonly Item[]): number {",
    "  return items.reduce((sum, item) => sum + item.price * item.count, 0);",
    "}",
    "",
  ].join("\n"),
  "src/login.ts": [
    'import { createHash } from "node:crypto";',
    "",
    "/** Checks a password against the stored hash of the user. */",
    "export function verifyPassword(password: string, storedHash: string): boolean {",
    '  return createHash("sha256").update(password).digest("hex") === storedHash;',
    "}",
    "",
  ].join("\n"),
  "src/invoice.py": [
    "def write_invoice(order, path):",
    '    """Writes the invoice of an order as a PDF file."""',
    "    with open(path, 'wb') as file:",
    "        file.write(render_pdf(order))",
    "",
  ].join("\n"),
  "docs/shipping.md": "# Shipping\n\nParcels are sent by post within two days. Returns are free of charge.\n",
};
