// Search quality on laid-out repositories with annotated questions, both of which stay outside this repository:
//   node packages/bench/dist/quality/run-quality.js --data DIR --repos DIR [--out DIR] [--only name,name]
// --data (or RESONA_BENCH_DATA) holds repos.json and annotations/, --repos (or RESONA_BENCH_REPOS) a folder for each
// repository; one that is absent is skipped. --out takes the answers, RESULTS/<name>.json for other evaluators.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { openEngine } from "@resona/core";

import { type BenchmarkRepository, type Question, readBenchmark } from "./benchmark-data.ts";
import { type ResultRow, ndcgAt10 } from "./ndcg.ts";
import { type ScoredRepository, qualityReport } from "./quality-report.ts";

const { values } = parseArgs({
  options: { data: { type: "string" }, repos: { type: "string" }, out: { type: "string" }, only: { type: "string" } },
});
const data = values.data ?? process.env["RESONA_BENCH_DATA"];
const repos = values.repos ?? process.env["RESONA_BENCH_REPOS"];
if (data === undefined || repos === undefined) {
  console.error("usage: run-quality --data DIR --repos DIR [--out DIR] [--only name,name]");
  process.exit(2);
}
const { out } = values;
const only = values.only?.split(",");

const scored: ScoredRepository[] = [];
for (const repository of await readBenchmark(data)) {
  if (only && !only.includes(repository.name)) continue;
  const workspace = join(repos, repository.name, repository.root);
  if (!existsSync(workspace)) {
    console.error(`skipped  ${repository.name}: no ${workspace}`);
    continue;
  }
  const answers = await answer(repository, workspace);
  if (out !== undefined) await writeAnswers(join(out, `${repository.name}.json`), answers);
  const scores = new Map([...answers].map(([question, rows]) => [question, ndcgAt10(rows, question.targets)]));
  scored.push({ repository, scores });
  const mean = [...scores.values()].reduce((sum, score) => sum + score, 0) / scores.size;
  console.error(`${mean.toFixed(3)}  ${repository.name}`);
}
console.table(qualityReport(scored));

/** Indexes a repository in a temporary folder and asks every question. */
async function answer({ questions }: BenchmarkRepository, workspace: string): Promise<Map<Question, ResultRow[]>> {
  const index = await mkdtemp(join(tmpdir(), "resona-quality-"));
  const engine = await openEngine({ workspace, index: join(index, "index") });
  try {
    await engine.index();
    const answers = new Map<Question, ResultRow[]>();
    for (const question of questions) {
      const { hits } = await engine.search(question.query, { limit: 10 });
      answers.set(
        question,
        hits.map(({ path, startLine, endLine }) => ({ path, startLine, endLine })),
      );
    }
    return answers;
  } finally {
    await engine.close();
    await rm(index, { recursive: true, force: true });
  }
}

async function writeAnswers(file: string, answers: ReadonlyMap<Question, readonly ResultRow[]>): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  const rows = [...answers].map(([{ query }, results]) => ({ query, results }));
  await writeFile(file, JSON.stringify(rows));
}
