// Before the first test of the window: installs the packed extension, once for all editors that are started.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { type TestProject } from "vitest/node";

import { installCodeServer, targetFrom } from "./code-server-install.ts";
import { installExtension } from "./code-server.ts";
import { extensionFolder } from "./paths.ts";

/** An extension as VS Code has it installed. */
export interface InstalledExtension {
  /** `publisher.name`. */
  readonly id: string;
  /** The folder of its files, in a folder of nothing but installed extensions. */
  readonly folder: string;
}

declare module "vitest" {
  interface ProvidedContext {
    extension: InstalledExtension;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const extensions = mkdtempSync(join(tmpdir(), "resona-extensions-"));
  // Not in a teardown, which a run that is interrupted does without.
  process.once("exit", () => rmSync(extensions, { recursive: true, force: true }));
  await installExtension(await installCodeServer(targetFrom(process.env)), findVsix(), extensions);
  const manifest = readdirSync(extensions).find((name) => name !== "extensions.json");
  if (manifest === undefined) throw new Error(`Nothing was installed in ${extensions}.`);
  const folder = join(extensions, manifest);
  const { publisher, name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  project.provide("extension", { id: `${publisher}.${name}`, folder });
}

/** The one that `RESONA_VSIX` names, or the one that has been packed for this system. */
function findVsix(): string {
  const vsix = process.env["RESONA_VSIX"] ?? `dist-vsix/resona-${process.platform}-${process.arch}.vsix`;
  return resolve(extensionFolder, vsix);
}
