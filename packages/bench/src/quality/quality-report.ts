import type { BenchmarkRepository, Question } from "./benchmark-data.ts";
import { sharesNameWord } from "./name-overlap.ts";

/** A repository with the score of each of its questions, 0 to 1. */
export interface ScoredRepository {
  readonly repository: BenchmarkRepository;
  readonly scores: ReadonlyMap<Question, number>;
}

export interface ReportRow {
  readonly slice: string;
  readonly questions: number;
  readonly ndcg10: number;
}

/**
 * Overall and by language each repository counts the same; by category and where no file name helps each question
 * does, except that `no overlap` is given both ways.
 */
export function qualityReport(scored: readonly ScoredRepository[]): ReportRow[] {
  const all = scored.flatMap(({ scores }) => [...scores]);
  const noOverlap = scored.map((each) => select(each, (question) => !sharesNameWord(question)));
  const categories = [...new Set(all.map(([{ category }]) => category))].toSorted();
  const languages = [...new Set(scored.map(({ repository }) => repository.language))].toSorted();
  return [
    byRepository("overall", scored),
    byQuestion("overall, by question", all),
    byRepository("no overlap", noOverlap),
    byQuestion(
      "no overlap, by question",
      noOverlap.flatMap(({ scores }) => [...scores]),
    ),
    ...categories.map((name) =>
      byQuestion(
        name,
        all.filter(([{ category }]) => category === name),
      ),
    ),
    ...languages.map((name) =>
      byRepository(
        name,
        scored.filter(({ repository }) => repository.language === name),
      ),
    ),
  ];
}

function select({ repository, scores }: ScoredRepository, test: (question: Question) => boolean): ScoredRepository {
  return { repository, scores: new Map([...scores].filter(([question]) => test(question))) };
}

function byRepository(slice: string, scored: readonly ScoredRepository[]): ReportRow {
  const means = scored.filter(({ scores }) => scores.size > 0).map(({ scores }) => mean([...scores.values()]));
  return { slice, questions: scored.reduce((sum, { scores }) => sum + scores.size, 0), ndcg10: rounded(mean(means)) };
}

function byQuestion(slice: string, scores: readonly (readonly [Question, number])[]): ReportRow {
  return { slice, questions: scores.length, ndcg10: rounded(mean(scores.map(([, score]) => score))) };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
