import { stem } from "../text/stem.ts";

/** A kind of path that seldom answers, unless the query asks for that kind. */
interface PathKind {
  readonly pattern: RegExp;
  readonly factor: number;
  /** Words of a query, in any form, that lift the factor. */
  readonly askedBy: readonly string[];
}

const pathKinds: readonly PathKind[] = [
  {
    // Folders of tests, and the names that test runners look for.
    pattern: new RegExp(
      [
        /(?:^|\/)(?:tests?|__tests__|specs?|testing|testdata|__mocks__|mocks|fixtures|__fixtures__|e2e)\//,
        /(?:^|\/)(?:test_[^/]*\.(?:py|c|cc|cpp|lua|rb|jl|dart)|conftest\.py)$/,
        /[._-](?:test|tests|spec)\.\w+$/,
        /[a-z0-9](?:Tests?|Spec|Suite)\.(?:java|kt|scala|groovy|cs|swift|php|ts|js)$/,
      ]
        .map(({ source }) => source)
        .join("|"),
    ),
    factor: 0.3,
    askedBy: ["test", "spec", "fixture", "mock", "assertion"],
  },
  {
    pattern: /(?:^|\/)(?:_?examples?|samples?|demos?|docs_src|tutorials?)\//,
    factor: 0.3,
    askedBy: ["example", "sample", "demo", "tutorial"],
  },
  {
    pattern: /(?:^|\/)(?:bench|benches|benchmarks?)\/|[._-](?:bench|benchmark)s?\.\w+$/,
    factor: 0.3,
    askedBy: ["bench", "benchmark", "performance"],
  },
  {
    pattern: /(?:^|\/)_?(?:compat|legacy|deprecated)\//,
    factor: 0.3,
    askedBy: ["compat", "compatibility", "legacy", "deprecated"],
  },
  {
    pattern: /(?:^|\/)(?:generated|__generated__)\/|\.(?:generated|g|pb|min)\.\w+$|_pb2?\.\w+$/,
    factor: 0.3,
    askedBy: ["generated"],
  },
  {
    pattern: /\.(?:md|mdx|markdown|rst|adoc|txt)$/,
    factor: 0.5,
    askedBy: ["documentation", "docs", "readme", "guide", "changelog", "markdown"],
  },
  { pattern: /\.d\.[cm]?ts$/, factor: 0.7, askedBy: ["type", "declaration"] },
  { pattern: /(?:^|\/)(?:__init__\.py|package-info\.java)$/, factor: 0.5, askedBy: ["init", "export", "package"] },
];

/**
 * How much a file's kind lowers its score: 1 for ordinary source, below for tests, examples, benchmarks, legacy,
 * generated and declaration files, for prose and for files that only re-export, each unless the query has a word for it.
 *
 * @param queryWords stemmed.
 */
export function pathFactor(path: string, queryWords: ReadonlyMap<string, number>): number {
  let factor = 1;
  for (const kind of pathKinds)
    if (kind.pattern.test(path) && !kind.askedBy.some((word) => queryWords.has(stem(word)))) factor *= kind.factor;
  return factor;
}
