/**
 * The one place that knows web-tree-sitter: loads grammars, parses under a time and a memory limit, and turns what goes
 * wrong into values. One a thread, since WebAssembly memory and the library's state are shared by all its parsers.
 */
import { Language, Parser, Query, type Node, type QueryMatch, type Tree } from "web-tree-sitter";

import { grammarPath } from "./grammar-path.ts";
import { attachedTypes, type Grammar } from "./grammars.ts";
import { stopOptimizingWasm } from "./wasm-tiering.ts";

/** What is used of WebAssembly's interface; its types come with the DOM library, which is not for Node. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly RuntimeError: new (message?: string) => Error;
};

export type ParseFailure = "parse-failed" | "parse-timeout";

/** What a tree is asked for while it lives. */
export interface Syntax {
  readonly root: Node;
  /** Matches of the grammar's definition query, in no particular order. */
  readonly definitions: readonly DefinitionMatch[];
  /** Whether nodes of this type belong to the node after them. */
  isAttached(type: string): boolean;
}

export interface DefinitionMatch {
  /** The name's node. */
  readonly name: Node;
  /** The node of the whole definition; absent for a name that gives a symbol only. */
  readonly body?: Node;
  /** False for what gives scope only. */
  readonly defines: boolean;
}

export interface SyntaxParser {
  /**
   * Parses a text and hands its syntax to `read`; nodes must not leave `read`, since the tree is freed after it.
   * @param timeoutMs For parsing and for the definition query together.
   */
  parse<T>(grammar: Grammar, text: string, timeoutMs: number, read: (syntax: Syntax) => T): Promise<T | ParseFailure>;
  /**
   * True when this thread should not parse any more: the library failed inside, which leaves its memory in an unknown
   * state, or its memory grew, which it never gives back.
   */
  readonly isSpent: boolean;
}

const WASM_PAGE_BYTES = 65_536;
const MEBIBYTE = 1_048_576;

/** Room for the library and a handful of grammars. */
const INITIAL_MEMORY_BYTES = 32 * MEBIBYTE;

/**
 * A parser that wants more than this has met input it cannot cope with. The largest text that is parsed takes some
 * tens of megabytes with a sound grammar; some grammars take gigabytes on odd input.
 */
const MAX_MEMORY_BYTES = 256 * MEBIBYTE;

/** Memory grown past this by one file is given back by replacing the thread. */
const SPENT_MEMORY_BYTES = 64 * MEBIBYTE;

interface LoadedGrammar {
  readonly language: Language;
  readonly definitions: Query;
  readonly attached: ReadonlySet<string>;
}

/**
 * One is meant to live as long as its thread: the library shares its memory among all parsers of a thread.
 * Nothing is loaded before the first parse, and each grammar only when its language turns up.
 */
export function createSyntaxParser(): SyntaxParser {
  const memory = new WebAssembly.Memory({
    initial: INITIAL_MEMORY_BYTES / WASM_PAGE_BYTES,
    maximum: MAX_MEMORY_BYTES / WASM_PAGE_BYTES,
  });
  const loaded = new Map<Grammar, Promise<LoadedGrammar>>();
  let starting: Promise<Parser> | undefined;
  let broken = false;

  const load = (grammar: Grammar): Promise<LoadedGrammar> => {
    const known = loaded.get(grammar);
    if (known) return known;
    const loading = loadGrammar(grammar);
    loaded.set(grammar, loading);
    return loading;
  };

  const start = async (): Promise<Parser> => {
    // The library prints when it aborts; its caller learns the same from the exception.
    const options = { wasmMemory: memory, print: () => {}, printErr: () => {} };
    await Parser.init(options);
    return new Parser();
  };

  return {
    get isSpent() {
      return broken || memory.buffer.byteLength > SPENT_MEMORY_BYTES;
    },
    async parse(grammar, text, timeoutMs, read) {
      if (broken) return "parse-failed";
      let parser: Parser;
      let known: LoadedGrammar;
      try {
        parser = await (starting ??= start());
        known = await load(grammar);
      } catch (error) {
        // A file that cannot be read says nothing of the memory; a trap does.
        broken = error instanceof WebAssembly.RuntimeError;
        return "parse-failed";
      }
      let tree: Tree | null = null;
      try {
        const deadline = performance.now() + timeoutMs;
        let late = false;
        const progressCallback = (): boolean => (late ||= performance.now() > deadline);
        // Also makes the parser forget a parse that was stopped; it would go on with it otherwise.
        parser.setLanguage(known.language);
        tree = parser.parse(text, null, { progressCallback });
        if (!tree) return "parse-timeout";
        const matches = known.definitions.matches(tree.rootNode, { progressCallback });
        if (late) return "parse-timeout";
        return read({
          root: tree.rootNode,
          definitions: matches.flatMap(toDefinition),
          isAttached: (type) => known.attached.has(type),
        });
      } catch {
        broken = true;
        return "parse-failed";
      } finally {
        if (!broken) tree?.delete();
      }
    },
  };
}

function toDefinition({ captures }: QueryMatch): DefinitionMatch[] {
  const nodeOf = (capture: string): Node | undefined => captures.find(({ name }) => name === capture)?.node;
  const name = nodeOf("name");
  const scope = nodeOf("scope");
  const body = scope ?? nodeOf("definition");
  return name ? [{ name, defines: scope === undefined, ...(body && { body }) }] : [];
}

async function loadGrammar(grammar: Grammar): Promise<LoadedGrammar> {
  if (grammar.isCostlyToOptimize) stopOptimizingWasm();
  const language = await Language.load(grammarPath(grammar));
  return {
    language,
    definitions: new Query(language, grammar.definitions),
    attached: new Set([...attachedTypes, ...(grammar.attached ?? [])]),
  };
}
