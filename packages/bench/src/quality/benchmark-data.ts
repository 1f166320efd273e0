import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One repository of the benchmark, with its questions. */
export interface BenchmarkRepository {
  readonly name: string;
  readonly language: string;
  /** Folder inside the repository that is indexed; empty for all of it. */
  readonly root: string;
  readonly questions: readonly Question[];
}

export interface Question {
  readonly query: string;
  readonly category: string;
  readonly targets: readonly Target[];
}

/** A file that answers a question, or lines of it. */
export interface Target {
  /** A `/`-suffix of the file's path in the repository, or the other way round. */
  readonly path: string;
  readonly lines?: { readonly start: number; readonly end: number };
}

/** As in `annotations/<name>.json`. */
interface Annotation {
  readonly query: string;
  readonly category: string;
  readonly relevant?: readonly AnnotatedTarget[];
  readonly secondary?: readonly AnnotatedTarget[];
}
type AnnotatedTarget = string | { readonly path: string; readonly start_line?: number; readonly end_line?: number };

/** Reads the benchmark: `repos.json` and `annotations/` of a folder outside this repository. */
export async function readBenchmark(folder: string): Promise<BenchmarkRepository[]> {
  const repositories = await readJson<Omit<BenchmarkRepository, "questions">[]>(join(folder, "repos.json"));
  return Promise.all(
    repositories.map(async ({ name, language, root }) => {
      const annotations = await readJson<Annotation[]>(join(folder, "annotations", `${name}.json`));
      return { name, language, root: root ?? "", questions: annotations.map(toQuestion) };
    }),
  );
}

function toQuestion({ query, category, relevant = [], secondary = [] }: Annotation): Question {
  return { query, category, targets: [...relevant, ...secondary].map(toTarget) };
}

function toTarget(target: AnnotatedTarget): Target {
  if (typeof target === "string") return { path: target };
  const { path, start_line: start, end_line: end } = target;
  return start === undefined || end === undefined ? { path } : { path, lines: { start, end } };
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}
