// An extension beside the one that is measured, in the same host: it writes down ten times a second what that host
// needs, in lines of JSON (`HostSample` of `host-samples.ts`).
const { appendFileSync } = require("node:fs");

const MS_PER_TICK = 5;
const TICKS_PER_SAMPLE = 20;

exports.activate = () => {
  let delaysMs = [];
  let tickedAt = performance.now();
  let activationMs;
  setInterval(() => {
    const now = performance.now();
    delaysMs.push(Math.max(0, now - tickedAt - MS_PER_TICK));
    tickedAt = now;
    if (delaysMs.length < TICKS_PER_SAMPLE) return;
    activationMs ??= measureActivation();
    const sample = { pid: process.pid, at: Date.now(), rssBytes: process.memoryUsage.rss(), delaysMs, activationMs };
    appendFileSync(process.env.RESONA_PROBE, `${JSON.stringify(sample)}\n`);
    delaysMs = [];
  }, MS_PER_TICK);
};

/**
 * Loading and `activate()` of the extension, by the marks that the host sets for each: undefined before they are over.
 * What VS Code shows to users has the loading of others in it, which goes on between the beginning of its own and that.
 */
function measureActivation() {
  const marks = new Map(globalThis.MonacoPerformanceMarks.getMarks().map(({ name, startTime }) => [name, startTime]));
  const between = (begin, end) =>
    marks.get(`code/extHost/${end}/resona.resona`) - marks.get(`code/extHost/${begin}/resona.resona`);
  const ms =
    between("willLoadExtensionCode", "didLoadExtensionCode") + between("willActivateExtension", "didActivateExtension");
  return Number.isNaN(ms) ? undefined : ms;
}
