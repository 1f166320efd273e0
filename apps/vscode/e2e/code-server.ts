// Starts a private code-server: fresh settings, fresh state, on 127.0.0.1 only.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

import { type CodeServerInstall } from "./code-server-install.ts";

const execute = promisify(execFile);

export interface CodeServerOptions {
  readonly install: CodeServerInstall;
  /** Where installed extensions are; may be shared by servers. Default: a folder of this server's own, without any. */
  readonly extensions?: string;
  /** User settings, besides those that keep the window calm. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether folders have to be trusted first. Default: they are trusted unasked. */
  readonly trustIsAsked?: boolean;
  /** Environment of the server and of its extension hosts, besides a minimal one. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether `extensionTestsPath` is taken from the address, which a built VS Code otherwise refuses. */
  readonly runsTests?: boolean;
}

export class CodeServer {
  readonly url: string;
  /** For all that the server and its extension hosts write: `user/`, `tmp/`, `server.log`. */
  readonly folder: string;
  readonly end: () => Promise<void>;

  /** @param end ends the server with all its processes and removes its folder. */
  constructor(url: string, folder: string, end: () => Promise<void>) {
    this.url = url;
    this.folder = folder;
    this.end = end;
  }

  /** What the server has printed so far. */
  get log(): string {
    return readFileSync(join(this.folder, "server.log"), "utf8");
  }

  /** Changes settings of the user, as if in `settings.json`; open windows notice. */
  changeSettings(settings: Readonly<Record<string, unknown>>): void {
    const current = JSON.parse(readFileSync(settingsFile(this.folder, "User"), "utf8")) as Record<string, unknown>;
    writeSettings(this.folder, { ...current, ...settings });
  }

  /** The address that opens a folder or a `.code-workspace` file, or an empty window. */
  address(workspace?: string, payload?: readonly (readonly [string, string])[]): string {
    const address = new URL(this.url);
    if (workspace === undefined) address.searchParams.set("ew", "true");
    else address.searchParams.set(workspace.endsWith(".code-workspace") ? "workspace" : "folder", workspace);
    if (payload !== undefined) address.searchParams.set("payload", JSON.stringify(payload));
    return address.href;
  }
}

/** @throws {Error} with the server's output when it does not come up. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const { install, settings = {}, trustIsAsked = false, runsTests = false } = options;
  const folder = makeServerFolder();
  writeSettings(folder, { ...calmSettings, "security.workspace.trust.enabled": trustIsAsked, ...settings });
  const args = [
    ...baseArguments(folder, options.extensions ?? join(folder, "extensions")),
    "--auth=none",
    "--bind-addr=127.0.0.1:0",
    "--ignore-last-opened",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-getting-started-override",
    "--disable-proxy",
    ...(trustIsAsked ? [] : ["--disable-workspace-trust"]),
    ...(runsTests && hasVscodeOption(install) ? ["--vscode-option", "enable-smoke-test-driver"] : []),
  ];
  const log = openSync(join(folder, "server.log"), "a");
  const supervisor = spawn(
    process.execPath,
    [join(import.meta.dirname, "supervisor.ts"), folder, install.node, install.entry, ...args],
    {
      env: { ...serverEnvironment(folder), ...options.env },
      stdio: ["pipe", log, log],
      // Ctrl-C in a terminal is not for it.
      detached: true,
    },
  );
  closeSync(log);
  const end = async (): Promise<void> => {
    if (supervisor.exitCode !== null) return;
    supervisor.stdin?.end();
    await once(supervisor, "exit");
  };
  const deadline = Date.now() + 120_000;
  let output = "";
  while (supervisor.exitCode === null && Date.now() < deadline) {
    output = readFileSync(join(folder, "server.log"), "utf8");
    const url = /listening on (http:\/\/127\.0\.0\.1:\d+\/)/.exec(output)?.[1];
    if (url !== undefined) return new CodeServer(url, folder, end);
    await delay(50);
  }
  await end();
  throw new Error(`code-server did not come up:\n${output}`);
}

/** Installs a VSIX into a folder of extensions, as `code --install-extension` does. */
export async function installExtension(install: CodeServerInstall, vsix: string, extensions: string): Promise<void> {
  const folder = makeServerFolder();
  try {
    const args = [...baseArguments(folder, extensions), "--install-extension", vsix, "--force"];
    const { stdout } = await execute(install.node, [install.entry, ...args], { env: serverEnvironment(folder) });
    // The exit code is 0 when it could not be installed, too.
    if (!stdout.includes("successfully installed")) throw new Error(`${vsix} was not installed:\n${stdout}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The path of a socket in it must stay below 108 bytes, so it is not made in a temporary folder of any length. */
function makeServerFolder(): string {
  const folder = mkdtempSync("/tmp/code-server-");
  mkdirSync(join(folder, "tmp"));
  writeFileSync(join(folder, "config.yaml"), "auth: none\ncert: false\n");
  return folder;
}

function baseArguments(folder: string, extensions: string): string[] {
  const config = join(folder, "config.yaml");
  return ["--config", config, "--user-data-dir", join(folder, "user"), "--extensions-dir", extensions];
}

/** Nothing of the environment of the tests, of their runner or of an outer VS Code gets into the one that is tested. */
function serverEnvironment(folder: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    LANG: "C.UTF-8",
    HOME: join(folder, "tmp"),
    TMPDIR: join(folder, "tmp"),
    XDG_RUNTIME_DIR: join(folder, "tmp"),
    NODE_NO_WARNINGS: "1",
    // No gallery of extensions.
    EXTENSIONS_GALLERY: "{}",
  };
}

/** To a window that is not where its files are, some settings are those of the user, others those of the machine. */
function writeSettings(folder: string, settings: Readonly<Record<string, unknown>>): void {
  for (const owner of ["User", "Machine"] as const) {
    const file = settingsFile(folder, owner);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(settings, undefined, 2));
  }
}

function settingsFile(folder: string, owner: "User" | "Machine"): string {
  return join(folder, "user", owner, "settings.json");
}

/** Older releases have neither this option nor the gate that it opens. */
function hasVscodeOption(install: CodeServerInstall): boolean {
  return readFileSync(install.entry.replace("entry.js", "cli.js"), "utf8").includes('"vscode-option"');
}

/** No start page, no suggestions, no look-ups on the network: what a test sees is what it caused. */
const calmSettings: Record<string, unknown> = {
  "chat.commandCenter.enabled": false,
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "git.openRepositoryInParentFolders": "never",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "window.commandCenter": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};
