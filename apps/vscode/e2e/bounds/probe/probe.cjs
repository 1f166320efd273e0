// An extension beside the one that is measured, in the same host: it writes down ten times a second what that host
// needs, in lines of JSON (`HostSample` of `host-samples.ts`).
const { appendFileSync } = require("node:fs");

const MS_PER_TICK = 5;
const TICKS_PER_SAMPLE = 20;

exports.activate = () => {
  let delaysMs = [];
  let tickedAt = performance.now();
  setInterval(() => {
    const now = performance.now();
    delaysMs.push(Math.max(0, now - tickedAt - MS_PER_TICK));
    tickedAt = now;
    if (delaysMs.length < TICKS_PER_SAMPLE) return;
    const sample = { pid: process.pid, at: Date.now(), rssBytes: process.memoryUsage.rss(), delaysMs };
    appendFileSync(process.env.RESONA_PROBE, `${JSON.stringify(sample)}\n`);
    delaysMs = [];
  }, MS_PER_TICK);
};
