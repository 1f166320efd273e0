// The browser that shows the workbench: Chromium as Debian packages it.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

import { type Browser, chromium } from "playwright-core";

/** The path of Chromium, which is installed first where that is possible; undefined where there is none to be had. */
export function findOrInstallChromium(): string | undefined {
  const found = findChromium();
  if (found !== undefined || process.getuid?.() !== 0 || findOnPath("apt-get") === undefined) return found;
  console.error("e2e: installing Debian's chromium");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Another installation that is under way is waited for.
  const wait = ["-o", "DPkg::Lock::Timeout=300", "-qq"];
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
    const { status, stdout, stderr } = spawnSync("apt-get", [...wait, ...args], { env, encoding: "utf8" });
    if (status !== 0) console.error(`e2e: apt-get ${args.join(" ")} failed:\n${stdout}${stderr}`);
  }
  return findChromium();
}

/** @throws {Error} when there is no Chromium. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("There is no Chromium: apt-get install chromium.");
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
  return chromium.launch({ executablePath, args });
}

function findChromium(): string | undefined {
  return findOnPath("chromium") ?? findOnPath("chromium-browser") ?? findOnPath("google-chrome");
}

function findOnPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
