/**
 * Reduces an English word to a form that its relatives share: `parsing`, `parsed` and `parser` become `pars`.
 * Made for the words of identifiers, so it is light: it strips endings that programmers add to verbs and nouns and
 * leaves short words alone, because `glob` and `global` or `auth` and `author` are different things in code.
 *
 * @param word lower-case letters `a` to `z`; anything else comes back as it is.
 */
export function stem(word: string): string {
  if (word.length < SHORTEST || !/^[a-z]+$/.test(word)) return word;
  return finish(withoutSuffixes(singular(word)));
}

const SHORTEST = 4;
const vowel = /[aeiouy]/;

interface SuffixRule {
  readonly suffix: string;
  readonly replacement: string;
  /** Letters that must be left before the suffix. */
  readonly least: number;
}

/** In order: the first that applies is taken, then the rest is looked at again (`rendering`, `render`, `rend`). */
const suffixRules: readonly SuffixRule[] = [
  { suffix: "ation", replacement: "", least: 5 },
  { suffix: "ator", replacement: "", least: 5 },
  { suffix: "ate", replacement: "", least: 5 },
  { suffix: "ied", replacement: "y", least: 3 },
  { suffix: "ness", replacement: "", least: 4 },
  { suffix: "ment", replacement: "", least: 5 },
  { suffix: "able", replacement: "", least: 4 },
  { suffix: "ible", replacement: "", least: 4 },
  { suffix: "ing", replacement: "", least: 3 },
  { suffix: "ed", replacement: "", least: 3 },
  { suffix: "er", replacement: "", least: 4 },
  { suffix: "tor", replacement: "t", least: 3 },
  { suffix: "sor", replacement: "s", least: 3 },
  { suffix: "ion", replacement: "", least: 4 },
  { suffix: "ive", replacement: "", least: 5 },
  { suffix: "al", replacement: "", least: 5 },
  { suffix: "ly", replacement: "", least: 4 },
];

function singular(word: string): string {
  if (/.{2}ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  if (/(?<!s|u|i|ia)s$/.test(word)) return word.slice(0, -1);
  return word;
}

function withoutSuffixes(word: string): string {
  let rest = word;
  for (;;) {
    const shorter = withoutSuffix(rest);
    if (shorter === rest) return rest;
    rest = shorter;
  }
}

function withoutSuffix(word: string): string {
  // `need` and `speed` are no past tenses.
  if (word.endsWith("eed")) return word;
  for (const { suffix, replacement, least } of suffixRules) {
    if (!word.endsWith(suffix)) continue;
    const base = word.slice(0, -suffix.length);
    // What is left must still be a syllable: `string` is no form of `str`.
    if (base.length < least || !vowel.test(base)) continue;
    const shorter = base + replacement;
    // `templating` comes from `template`.
    return shorter.endsWith("at") && (suffix === "ing" || suffix === "ed") ? `${shorter}e` : undouble(shorter);
  }
  return word;
}

/** `mapp` → `map`, `cancell` → `cancel`; but `call` and `pass` are words of their own. */
function undouble(word: string): string {
  const doubled = word.length > SHORTEST ? /([b-df-hj-np-tv-z])\1$/ : /([bdgmnprt])\1$/;
  return word.length >= SHORTEST && doubled.test(word) ? word.slice(0, -1) : word;
}

function finish(word: string): string {
  let rest = undouble(word);
  if (rest.length >= SHORTEST && rest.endsWith("e")) rest = rest.slice(0, -1);
  if (rest.length >= SHORTEST && rest.endsWith("y")) rest = `${rest.slice(0, -1)}i`;
  // British spelling: `normalise` is `normalize`.
  if (rest.length > 6 && rest.endsWith("is")) rest = `${rest.slice(0, -2)}iz`;
  return rest;
}
