/**
 * Which language a file is written in, by its name, its extension or its `#!` line.
 * One row a language: data only. How a language is parsed is in grammars.ts; a row without a grammar is split by lines.
 */

export interface LanguageRow {
  /** With the dot, lower case. */
  readonly extensions: readonly string[];
  /** Whole file names, lower case. */
  readonly fileNames?: readonly string[];
  /** Programs that a `#!` line names, without version digits. */
  readonly interpreters?: readonly string[];
  /**
   * Finds the name that a line defines, in group 1, where there is no syntax tree. `code` stands for the pattern
   * common to most programming languages; absent for data and prose, where such a pattern would find nonsense.
   */
  readonly definitionLine?: RegExp | "code";
}

export const languageNames = [
  "bash",
  "c",
  "clojure",
  "cmake",
  "cpp",
  "csharp",
  "css",
  "csv",
  "dart",
  "dockerfile",
  "elixir",
  "elm",
  "erlang",
  "fsharp",
  "go",
  "graphql",
  "groovy",
  "haskell",
  "html",
  "ini",
  "java",
  "javascript",
  "json",
  "julia",
  "kotlin",
  "latex",
  "less",
  "lua",
  "make",
  "markdown",
  "nix",
  "objective-c",
  "ocaml",
  "perl",
  "php",
  "powershell",
  "proto",
  "python",
  "r",
  "restructuredtext",
  "ruby",
  "rust",
  "sass",
  "scala",
  "solidity",
  "sql",
  "svelte",
  "swift",
  "terraform",
  "toml",
  "tsx",
  "typescript",
  "verilog",
  "vim",
  "vue",
  "xml",
  "yaml",
  "zig",
] as const;

export type LanguageName = (typeof languageNames)[number];

export const languageTable: Readonly<Record<LanguageName, LanguageRow>> = {
  bash: {
    extensions: [".sh", ".bash", ".zsh", ".ksh", ".bats"],
    fileNames: [".bashrc", ".bash_profile", ".profile", ".zshrc", "pkgbuild"],
    interpreters: ["sh", "bash", "zsh", "ksh", "dash", "bats"],
    definitionLine: /^\s*(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\)\s*\{?\s*$/,
  },
  c: { extensions: [".c"], definitionLine: "code" },
  clojure: {
    extensions: [".clj", ".cljs", ".cljc", ".edn"],
    definitionLine: /^\s*\((?:def\w*|ns)\s+\^?([^\s()[\]{}]+)/,
  },
  cmake: {
    extensions: [".cmake"],
    fileNames: ["cmakelists.txt"],
    definitionLine: /^\s*(?:function|macro)\s*\(\s*(\w+)/i,
  },
  // Headers are read as C++: most of C is a subset, and nothing in a name tells the two apart.
  cpp: {
    extensions: [
      ".cc",
      ".cpp",
      ".cxx",
      ".c++",
      ".h",
      ".hh",
      ".hpp",
      ".hxx",
      ".h++",
      ".ipp",
      ".inl",
      ".tpp",
      ".cu",
      ".cuh",
    ],
    definitionLine: "code",
  },
  csharp: { extensions: [".cs", ".csx"], definitionLine: "code" },
  css: { extensions: [".css"] },
  csv: { extensions: [".csv", ".tsv"] },
  dart: { extensions: [".dart"], definitionLine: "code" },
  dockerfile: {
    extensions: [".dockerfile"],
    fileNames: ["dockerfile", "containerfile"],
    definitionLine: /^FROM\s+\S+\s+AS\s+(\S+)/i,
  },
  elixir: {
    extensions: [".ex", ".exs"],
    interpreters: ["elixir"],
    definitionLine: /^\s*def(?:module|protocol|impl|macrop?|guardp?|delegate|p)?\s+([\w.]+[?!]?)/,
  },
  elm: { extensions: [".elm"], definitionLine: /^(?:type\s+(?:alias\s+)?)?(\w+)\s*(?::|=)/ },
  erlang: { extensions: [".erl", ".hrl"], interpreters: ["escript"], definitionLine: /^([a-z]\w*)\(.*->/ },
  fsharp: {
    extensions: [".fs", ".fsi", ".fsx"],
    definitionLine: /^\s*(?:let\s+(?:rec\s+|inline\s+|private\s+)*|type\s+|module\s+|member\s+\w+\.)(\w+)/,
  },
  go: { extensions: [".go"], definitionLine: /^\s*(?:func\s+(?:\([^)]*\)\s*)?|type\s+)(\w+)/ },
  graphql: {
    extensions: [".graphql", ".gql", ".graphqls"],
    definitionLine:
      /^\s*(?:extend\s+)?(?:type|input|interface|union|enum|scalar|directive\s+@|query|mutation|subscription|fragment)\s*(\w+)/,
  },
  groovy: { extensions: [".groovy", ".gradle"], fileNames: ["jenkinsfile"], definitionLine: "code" },
  haskell: { extensions: [".hs"], definitionLine: /^(?:(?:data|newtype|class|type)\s+)?([\w']+)\s*(?:::|=)/ },
  html: { extensions: [".html", ".htm", ".xhtml", ".ejs", ".erb", ".heex", ".eex", ".hbs", ".njk", ".twig"] },
  ini: { extensions: [".ini", ".cfg", ".conf", ".properties", ".editorconfig"], fileNames: [".gitconfig"] },
  java: { extensions: [".java"], definitionLine: "code" },
  javascript: {
    extensions: [".js", ".jsx", ".mjs", ".cjs", ".es6"],
    interpreters: ["node", "bun"],
    definitionLine: "code",
  },
  json: { extensions: [".json", ".jsonc", ".json5", ".jsonl", ".ndjson", ".geojson", ".webmanifest"] },
  julia: {
    extensions: [".jl"],
    interpreters: ["julia"],
    definitionLine: /^\s*(?:function|macro|module|abstract\s+type|primitive\s+type|(?:mutable\s+)?struct)\s+([\w.!]+)/,
  },
  kotlin: { extensions: [".kt", ".kts"], definitionLine: "code" },
  latex: {
    extensions: [".tex", ".sty", ".cls"],
    definitionLine: /^\s*\\(?:sub)*(?:section|chapter|part)\*?\{([^}]+)\}/,
  },
  less: { extensions: [".less"] },
  lua: {
    extensions: [".lua"],
    interpreters: ["lua", "luajit"],
    definitionLine: /^\s*(?:local\s+)?function\s+([\w.:]+)/,
  },
  make: {
    extensions: [".mk", ".mak"],
    fileNames: ["makefile", "gnumakefile"],
    interpreters: ["make"],
    definitionLine: /^([A-Za-z_][\w./-]*)\s*:(?!=)/,
  },
  markdown: { extensions: [".md", ".mdx", ".markdown"] },
  nix: { extensions: [".nix"] },
  "objective-c": {
    extensions: [".m", ".mm"],
    definitionLine: /^\s*(?:@(?:interface|implementation|protocol)\s+|[-+]\s*\([^)]*\)\s*)(\w+)/,
  },
  ocaml: {
    extensions: [".ml", ".mli"],
    definitionLine: /^\s*(?:let\s+(?:rec\s+)?|type\s+|module\s+(?:type\s+)?|val\s+|class\s+)(\w+)/,
  },
  perl: {
    extensions: [".pl", ".pm", ".t"],
    interpreters: ["perl"],
    definitionLine: /^\s*(?:sub|package)\s+([\w:]+)/,
  },
  php: { extensions: [".php", ".phtml", ".php5", ".phps"], interpreters: ["php"], definitionLine: "code" },
  powershell: {
    extensions: [".ps1", ".psm1", ".psd1"],
    interpreters: ["pwsh"],
    definitionLine: /^\s*(?:function|filter|class|enum)\s+([\w:-]+)/i,
  },
  proto: { extensions: [".proto"], definitionLine: /^\s*(?:message|service|rpc|enum|extend)\s+([\w.]+)/ },
  python: {
    extensions: [".py", ".pyi", ".pyw"],
    fileNames: ["sconstruct", "sconscript"],
    interpreters: ["python", "pypy"],
    definitionLine: /^\s*(?:async\s+)?(?:def|class)\s+(\w+)/,
  },
  r: { extensions: [".r", ".rmd"], interpreters: ["rscript"], definitionLine: /^\s*([\w.]+)\s*(?:<-|=)\s*function\b/ },
  restructuredtext: { extensions: [".rst"] },
  ruby: {
    extensions: [".rb", ".rake", ".gemspec", ".ru", ".rbw", ".jbuilder", ".podspec"],
    fileNames: ["gemfile", "rakefile", "guardfile", "podfile", "brewfile", "vagrantfile", "capfile", "fastfile"],
    interpreters: ["ruby", "jruby"],
    definitionLine: /^\s*(?:def\s+(?:self\.)?|class\s+|module\s+)([\w:]+[?!=]?)/,
  },
  rust: { extensions: [".rs"], interpreters: ["rust-script"], definitionLine: "code" },
  sass: { extensions: [".sass", ".scss"], definitionLine: /^\s*(?:@mixin|@function)\s+([\w-]+)/ },
  scala: { extensions: [".scala", ".sc", ".sbt"], interpreters: ["scala"], definitionLine: "code" },
  solidity: { extensions: [".sol"], definitionLine: "code" },
  sql: {
    extensions: [".sql", ".ddl", ".psql"],
    definitionLine:
      /^\s*create\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unique|materialized|unlogged|virtual)\s+)*(?:table|view|function|procedure|trigger|index|type|schema|sequence|domain|database)\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?["`[]?([\w.]+)/i,
  },
  svelte: { extensions: [".svelte"], definitionLine: "code" },
  swift: { extensions: [".swift"], interpreters: ["swift"], definitionLine: "code" },
  terraform: {
    extensions: [".tf", ".tfvars", ".hcl"],
    definitionLine: /^\s*(?:resource|data|module|variable|output|provider)\s+(?:"[^"]*"\s+)?"([^"]+)"/,
  },
  toml: { extensions: [".toml"], fileNames: ["cargo.lock", "poetry.lock", "pipfile", "uv.lock"] },
  tsx: { extensions: [".tsx"], definitionLine: "code" },
  typescript: { extensions: [".ts", ".mts", ".cts"], interpreters: ["deno", "tsx", "ts-node"], definitionLine: "code" },
  verilog: {
    extensions: [".v", ".sv", ".svh", ".vh"],
    definitionLine: /^\s*(?:module|interface|package|class|task|function)\s+(\w+)/,
  },
  vim: { extensions: [".vim"], fileNames: [".vimrc"], definitionLine: /^\s*fu(?:nc(?:tion)?)?!?\s+([\w:#.]+)/ },
  vue: { extensions: [".vue"], definitionLine: "code" },
  xml: {
    extensions: [
      ".xml",
      ".xsd",
      ".xsl",
      ".xslt",
      ".svg",
      ".plist",
      ".csproj",
      ".fsproj",
      ".vbproj",
      ".props",
      ".targets",
      ".resx",
    ],
  },
  yaml: { extensions: [".yaml", ".yml"], fileNames: [".clang-format", ".clang-tidy"] },
  zig: { extensions: [".zig", ".zon"], definitionLine: /^\s*(?:pub\s+)?(?:export\s+|inline\s+)?(?:fn|const)\s+(\w+)/ },
};

/** The language of a file that the table does not know. */
export const PLAIN_TEXT = "text";

/**
 * The language of a file, or `text`.
 * @param path File name or path, with `/` separators.
 * @param firstLine Asked for a `#!` only where the name says nothing.
 */
export function languageOf(path: string, firstLine = ""): LanguageName | typeof PLAIN_TEXT {
  const fileName = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const extension = fileName.slice(Math.max(fileName.lastIndexOf("."), 0));
  return (
    byFileName.get(fileName) ??
    byExtension.get(extension) ??
    // Dockerfile.dev, Makefile.am: the part before the first dot names the language.
    byFileName.get(fileName.slice(0, Math.max(fileName.indexOf("."), 0))) ??
    byInterpreter.get(interpreterOf(firstLine)) ??
    PLAIN_TEXT
  );
}

/** The row of a language; `undefined` for `text` and for names that are in no table. */
export function languageRow(language: string): LanguageRow | undefined {
  return Object.hasOwn(languageTable, language) ? languageTable[language as LanguageName] : undefined;
}

/** `#!/usr/bin/env -S python3.12 -u` → `python`. */
function interpreterOf(firstLine: string): string {
  const words = /^#!\s*(\S.*)$/.exec(firstLine.slice(0, 200))?.[1]?.split(/\s+/) ?? [];
  const programs = words.map((word) => word.slice(word.lastIndexOf("/") + 1));
  const program = programs[0] === "env" ? programs.slice(1).find((word) => !/^-|=/.test(word)) : programs[0];
  return (program ?? "").toLowerCase().replace(/[\d.]+$/, "");
}

const rows = Object.entries(languageTable) as [LanguageName, LanguageRow][];
const index = (keys: (row: LanguageRow) => readonly string[] | undefined): Map<string, LanguageName> =>
  new Map(rows.flatMap(([name, row]) => (keys(row) ?? []).map((key) => [key, name] as const)));

const byExtension = index((row) => row.extensions);
const byFileName = index((row) => row.fileNames);
const byInterpreter = index((row) => row.interpreters);
