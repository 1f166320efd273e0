/** What the single-file executable runs: `scripts/build-binary.mjs` makes it, Bun is what it runs on. */
import { startOver } from "../start-over.ts";

startOver(process.argv.slice(2), {
  // JavaScriptCore lets a heap double until it is a quarter of what it believes is all memory, and grow by a quarter
  // from then on. A cold index of 1,500 files peaked at 320 MB instead of 400 MB with this, in the same time.
  BUN_JSC_forceRAMSize: String(128 * 1024 * 1024),
  // Bun sends a report when it crashes; nothing leaves this machine.
  BUN_ENABLE_CRASH_REPORTING: "0",
});
const { runCli } = await import("../run-cli.ts");
process.exitCode = await runCli(process.argv.slice(2));

// Bun cannot end a thread that is caught in a loop inside of WebAssembly, and would wait for it for ever. Otherwise the
// process ends by itself before the time is up, with LanceDB's temporary folders removed.
await Promise.all([process.stdout, process.stderr].map(ended));
setTimeout(() => process.exit(), 1_000).unref();

function ended(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.end(resolve);
  });
}
