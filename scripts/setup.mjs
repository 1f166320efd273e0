// Makes a fresh clone ready to run: a Node that is new enough, the pinned pnpm, the dependencies.
// Plain JavaScript on Node's own modules, because it runs before anything is installed and on an older Node.
// Everything it says goes to stderr, so that a command's own output stays clean.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The oldest Node that runs the sources as they are (TypeScript in worker threads without a build). */
const OLDEST_NODE = [22, 18];
/** Installed from npm when the system's Node is older. */
const NODE_VERSION = "24.21.0";
const toolchain = join(root, ".toolchain");

/**
 * Installs what is missing and returns how to run things: `node`, the path of a Node that is new enough, and `env`,
 * an environment in which it comes first.
 */
export async function setUp() {
  const node = await ensureNode();
  const path = [dirname(node), join(toolchain, "bin"), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: "1" };
  await ensureDependencies(node, env);
  return { node, env };
}

/** Runs a command to its end with this terminal; ends this process with its exit code if it fails. */
export async function runOrExit(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) process.exit(code);
}

/** Runs a command to its end with this terminal and returns its exit code (130 after Ctrl-C). */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
  // The child gets the terminal's Ctrl-C itself and decides how to stop; this process waits for it.
  const wait = () => undefined;
  const passOn = (signal) => child.kill(signal);
  process.on("SIGINT", wait).on("SIGTERM", passOn);
  try {
    const [code, signal] = await once(child, "exit");
    return code ?? (signal === "SIGINT" ? 130 : 2);
  } catch (error) {
    console.error(`Could not start ${command}: ${error.message}`);
    return 2;
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", passOn);
  }
}

async function ensureNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath;
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const node = join(toolchain, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(node))
    await installTool(name, NODE_VERSION, `Node ${NODE_VERSION} (this one is ${process.versions.node})`);
  return node;
}

async function ensureDependencies(node, env) {
  const stamp = join(root, "node_modules", ".resona-setup");
  const wanted = dependencyHash(node);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = packageManager.slice("pnpm@".length);
  const pnpm = join(toolchain, "node_modules", "pnpm");
  if (!existsSync(pnpm) || JSON.parse(readFileSync(join(pnpm, "package.json"), "utf8")).version !== version)
    await installTool("pnpm", version, `pnpm ${version}`);
  // pnpm's entry for installs without build scripts; its other bins are made by such a script.
  const entry = join(pnpm, "bin/pnpm.mjs");
  putOnPath("pnpm", node, entry);
  console.error("resona: installing dependencies");
  await runOrExit(node, [entry, "install", "--frozen-lockfile", "--reporter=append-only"], {
    env,
    stdio: ["ignore", 2, 2],
  });
  writeFileSync(stamp, wanted);
}

/** Changes whenever an install could give something else: the lock file, a manifest, another Node. */
function dependencyHash(node) {
  const hash = createHash("sha256").update(`${node} ${process.versions.modules}`);
  const packages = ["packages", "apps"].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(folder, name)) : [],
  );
  const manifests = ["", ...packages].map((folder) => join(folder, "package.json"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests])
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** Turbo and publint start pnpm by its name. */
function putOnPath(name, node, script) {
  mkdirSync(join(toolchain, "bin"), { recursive: true });
  const [file, text] =
    process.platform === "win32"
      ? [`${name}.cmd`, `@"${node}" "${script}" %*\r\n`]
      : [name, `#!/bin/sh\nexec "${node}" "${script}" "$@"\n`];
  writeFileSync(join(toolchain, "bin", file), text, { mode: 0o755 });
}

async function installTool(name, version, label) {
  console.error(`resona: installing ${label}`);
  mkdirSync(toolchain, { recursive: true });
  // A manifest of its own keeps npm from climbing up to the workspace's.
  if (!existsSync(join(toolchain, "package.json")))
    writeFileSync(join(toolchain, "package.json"), '{ "private": true }\n');
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  await runOrExit(
    npm,
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", `${name}@${version}`],
    {
      cwd: toolchain,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    },
  );
}
