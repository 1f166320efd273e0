import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What the files of a synthetic workspace are like. */
export interface CorpusShape {
  /** Characters of a file: half of the files have fewer. */
  readonly medianChars: number;
  /** The longest files have about so many. */
  readonly maxChars: number;
  /** Whether the name of every definition has a word in it that is in few other files, as the words of large repositories are. */
  readonly coinsWords: boolean;
}

const usualShape: CorpusShape = { medianChars: Math.exp(8.3), maxChars: 60_000, coinsWords: false };

/**
 * Writes a workspace of `files` source files in six languages, the same for the same number every time. Sizes are
 * spread as in real repositories: many files of 1–5 KB, a few of 50 KB, 6.5 KB on average, if no other shape is given.
 *
 * @returns the total size in bytes.
 */
export async function writeSyntheticCorpus(
  folder: string,
  files: number,
  shape: CorpusShape = usualShape,
): Promise<number> {
  let bytes = 0;
  for (let n = 0; n < files; n++) {
    const random = seeded(n);
    const template = templates[n % templates.length] ?? typescript;
    const name = `${pick(random, nouns)}-${pick(random, verbs)}-${n}`;
    const path = join(folder, pick(random, areas), pick(random, nouns), `${name}${template.extension}`);
    const text = sourceFile(random, template, shape);
    bytes += Buffer.byteLength(text);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return bytes;
}

interface Template {
  readonly extension: string;
  readonly definition: (random: Random, name: string, body: readonly string[]) => string;
}

type Random = () => number;

function sourceFile(random: Random, template: Template, { medianChars, maxChars, coinsWords }: CorpusShape): string {
  // Log-normal.
  const size = Math.min(maxChars, medianChars * Math.exp(0.95 * gaussian(random)));
  const parts: string[] = [];
  let length = 0;
  while (length < size) {
    const words = [pick(random, verbs), pick(random, nouns), pick(random, nouns)];
    if (coinsWords) words.push(coinedWord(random));
    const name = words.join("_");
    const body = Array.from({ length: 4 + Math.floor(random() * 24) }, () => statement(random));
    const part = template.definition(random, name, body);
    parts.push(part);
    length += part.length;
  }
  return parts.join("\n");
}

function statement(random: Random): string {
  const [target, source, verb] = [pick(random, nouns), pick(random, nouns), pick(random, verbs)];
  switch (Math.floor(random() * 4)) {
    case 0:
      return `${target} = ${verb}_${source}(${pick(random, nouns)}, ${Math.floor(random() * 1000)})`;
    case 1:
      return `${verb}_${target}(${source}.${pick(random, nouns)}, "${pick(random, verbs)} the ${target}")`;
    case 2:
      return `${target}.${verb}(${source})`;
    default:
      return `${target}_${source} = ${target}[${Math.floor(random() * 9)}]`;
  }
}

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const indented = (body: readonly string[], end = "") => body.map((line) => `    ${line}${end}\n`).join("");
const about = (name: string, random: Random) =>
  `${name.replaceAll("_", " ")} so that the ${pick(random, nouns)} can ${pick(random, verbs)} its ${pick(random, nouns)}`;

const typescript: Template = {
  extension: ".ts",
  definition: (random, name, body) =>
    `/** ${about(name, random)}. */\nexport function ${camel(name)}(${pick(random, nouns)}: string): void {\n${indented(body.map(camel), ";")}}\n`,
};

const templates: readonly Template[] = [
  typescript,
  {
    extension: ".py",
    definition: (random, name, body) =>
      `def ${name}(${pick(random, nouns)}):\n    """${about(name, random)}."""\n${indented(body)}\n`,
  },
  {
    extension: ".go",
    definition: (random, name, body) =>
      `// ${about(name, random)}.\nfunc ${camel(name)}(${pick(random, nouns)} string) {\n${indented(body.map(camel))}}\n`,
  },
  {
    extension: ".java",
    definition: (random, name, body) =>
      `/** ${about(name, random)}. */\nclass ${camel(`_${name}`)} {\n  void ${camel(name)}(String ${pick(random, nouns)}) {\n${indented(body.map(camel), ";")}  }\n}\n`,
  },
  {
    extension: ".rb",
    definition: (random, name, body) =>
      `# ${about(name, random)}.\ndef ${name}(${pick(random, nouns)})\n${indented(body)}end\n`,
  },
  {
    extension: ".md",
    definition: (random, name, body) =>
      `## ${name.replaceAll("_", " ")}\n\n${about(name, random)}.\n\n${body.join(". ")}.\n`,
  },
];

const verbs =
  "accept allocate append apply archive attach build cache cancel check clear close collect commit compare compress connect copy count create decode delay delete deliver detect disable dispatch drain drop emit encode encrypt escape evict expand export extract fetch filter find flush format forward freeze generate group handle hash import index insert inspect install invoke join limit link list listen load lock log mark match measure merge migrate mount move notify open pack parse patch pause poll prepare print process prune publish push query queue read rebuild receive record reduce refresh register release reload remove rename render replace report request reset resolve restore resume retry return rotate route run sample save scan schedule search select send serve sign skip sort split start stop store stream submit subscribe swap sync tag test throttle trace track transform trim truncate unlock update upload validate verify wait walk watch wrap write".split(
    " ",
  );
const nouns =
  "account address agent alert archive array attempt audit backup balance batch bill block body branch bucket buffer bundle cache callback card cart channel chart check chunk class client clock cluster code column command comment commit config contract cookie counter credit cursor customer dashboard data database date deadline device digest directory disk document domain driver edge email employee endpoint engine entry error event export factory feature field file filter flag folder form frame gateway graph group guard handle header heap history hook host icon image index input instance invoice item job journal key label language layer layout ledger length lease library limit line link list locale lock log loop machine manager map market mask match member memory menu message method metric migration mirror model module monitor mutex name network node notice number object offer offset order origin output owner packet page panel parser partition password patch path payment peer permission picture pipeline plan player plugin pointer policy pool port position price priority process product profile project prompt proxy query queue quota range rate record region registry release replica report request resource response result retry role root route row rule sample scheduler schema scope score screen script section segment selector sensor sequence server service session setting shard signal size slot snapshot socket source stack stage state status step storage store stream string style subject summary switch symbol system table tag target task team template tenant term test thread ticket timer title token topic trace track transaction tree trigger tunnel type unit upload user value variable vector vendor version view volume wallet warehouse watcher widget window worker workflow".split(
    " ",
  );
const areas = ["src/server", "src/client", "lib/storage", "lib/network", "apps/web", "apps/admin", "tools", "docs"];

const syllables =
  "ba be bi bo bu ca ce co da de di do fa fe fi fo ga ge go ha he hi ho ja jo ka ke ki ko la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po pu ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we xa ya ye yo za ze zo".split(
    " ",
  );

/** One of some 450,000. */
function coinedWord(random: Random): string {
  return Array.from({ length: 3 }, () => pick(random, syllables)).join("");
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

/** Mulberry32: small, fast, and the same everywhere. */
function seeded(seed: number): Random {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
