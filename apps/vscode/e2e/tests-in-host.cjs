// Loaded by the extension host in place of the tests' own entry. It tells their output from what the workbench logs, and
// says that they came to their end, which tests that call `process.exit(0)` do not.
const { writeFileSync } = require("node:fs");
const path = require("node:path");
const { format } = require("node:util");

exports.run = async () => {
  // The methods of the host's own console cannot be replaced.
  const { console } = globalThis;
  globalThis.console = Object.create(console, {
    log: { value: (...args) => console.log(`e2e: ${format(...args)}`) },
  });
  await require(process.env.E2E_TESTS).run();
  writeFileSync(path.join(process.env.TMPDIR, "tests-passed"), "");
};
