/**
 * How a language's syntax trees are read. One row a grammar: where its WebAssembly is, and a tree-sitter query for what
 * it defines. In a query
 * - `@definition` is the whole of a definition, `@name` its name: the name becomes a symbol of the chunk that holds
 *   it, and scope of the chunks that begin further down inside the definition;
 * - `@scope` in place of `@definition` gives scope only: what re-opens a name (`impl`, `namespace`) does not define it;
 * - `@name` alone gives a symbol only.
 */
import type { LanguageName } from "./languages.ts";

export interface Grammar {
  /** Module specifier of the `.wasm` file. */
  readonly wasm: string;
  readonly definitions: string;
  /** Node types that belong to the node that follows, besides `attachedTypes`. */
  readonly attached?: readonly string[];
  /** Set where optimizing the grammar's code takes over 100 MB of memory (`wasm-tiering.ts`). */
  readonly isCostlyToOptimize?: true;
}

/** Node types, in any grammar, that belong to the node that follows when no blank line is between. */
export const attachedTypes: ReadonlySet<string> = new Set([
  "annotation",
  "attribute_item",
  "block_comment",
  "comment",
  "decorator",
  "haddock",
  "line_comment",
  "pragma",
]);

const vscodeWasm = (name: string): string => `@vscode/tree-sitter-wasm/wasm/tree-sitter-${name}.wasm`;
const packageWasm = (name: string): string => `tree-sitter-${name}/tree-sitter-${name}.wasm`;
const grammarsWasm = (name: string): string => `@tree-sitter-grammars/tree-sitter-${name}/tree-sitter-${name}.wasm`;

const javascriptDefinitions = `
  (function_declaration name: (_) @name) @definition
  (generator_function_declaration name: (_) @name) @definition
  (class_declaration name: (_) @name) @definition
  (method_definition name: (_) @name) @definition
  (variable_declarator name: (identifier) @name
    value: [(arrow_function) (function_expression) (generator_function) (class)]) @definition
  (assignment_expression left: (member_expression property: (_) @name)
    right: [(arrow_function) (function_expression) (generator_function) (class)]) @definition
  (program [
    (lexical_declaration (variable_declarator name: (identifier) @name) @definition)
    (variable_declaration (variable_declarator name: (identifier) @name) @definition)
    (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @definition))
    (export_statement (variable_declaration (variable_declarator name: (identifier) @name) @definition))
  ])`;

const typescriptDefinitions = `${javascriptDefinitions}
  (abstract_class_declaration name: (_) @name) @definition
  (interface_declaration name: (_) @name) @definition
  (type_alias_declaration name: (_) @name) @definition
  (enum_declaration name: (_) @name) @definition
  (function_signature name: (_) @name) @definition
  (method_signature name: (_) @name) @definition
  (abstract_method_signature name: (_) @name) @definition
  (public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @definition
  (internal_module name: (_) @name) @definition
  (module name: (_) @name) @definition`;

// A function's name hides behind the stars of its type; two of them cover what people write.
const functionDeclarators = (name: string): string[] => {
  const plain = `(function_declarator declarator: ${name} @name)`;
  const pointer = `(pointer_declarator declarator: ${plain})`;
  return [plain, pointer, `(pointer_declarator declarator: ${pointer})`];
};

const functionsIn = (node: string, name: string): string =>
  functionDeclarators(name)
    .map((declarator) => `(${node} declarator: ${declarator}) @definition`)
    .join("\n");

// Only where functions are declared: within a function, `string text(source);` looks just the same.
const prototypesIn = (parents: readonly string[]): string =>
  parents
    .flatMap((parent) =>
      functionDeclarators("(identifier)").map(
        (declarator) => `(${parent} (declaration declarator: ${declarator}) @definition)`,
      ),
    )
    .join("\n");

const cDefinitions = `
  ${functionsIn("function_definition", "(_)")}
  ${prototypesIn(["translation_unit", "declaration_list", "preproc_ifdef", "preproc_if", "preproc_else"])}
  (struct_specifier name: (_) @name body: (_)) @definition
  (union_specifier name: (_) @name body: (_)) @definition
  (enum_specifier name: (_) @name body: (_)) @definition
  (type_definition declarator: (type_identifier) @name) @definition
  (preproc_def name: (_) @name) @definition
  (preproc_function_def name: (_) @name) @definition`;

const cppDefinitions = `${cDefinitions}
  ${prototypesIn(["template_declaration", "field_declaration_list"])}
  (function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name))) @definition
  ${functionsIn("field_declaration", "(_)")}
  (field_declaration declarator: (reference_declarator (function_declarator declarator: (_) @name))) @definition
  (class_specifier name: (_) @name body: (_)) @definition
  (alias_declaration name: (_) @name) @definition
  (concept_definition name: (_) @name) @definition
  (namespace_definition name: (_) @name) @scope`;

/** The languages that are parsed. */
export const grammars: { readonly [L in LanguageName]?: Grammar } = {
  bash: {
    wasm: vscodeWasm("bash"),
    isCostlyToOptimize: true,
    definitions: `(function_definition name: (_) @name) @definition`,
  },
  c: { wasm: packageWasm("c"), definitions: cDefinitions },
  cpp: { wasm: vscodeWasm("cpp"), isCostlyToOptimize: true, definitions: cppDefinitions },
  csharp: {
    wasm: vscodeWasm("c-sharp"),
    isCostlyToOptimize: true,
    definitions: `
      (class_declaration name: (_) @name) @definition
      (struct_declaration name: (_) @name) @definition
      (interface_declaration name: (_) @name) @definition
      (record_declaration name: (_) @name) @definition
      (enum_declaration name: (_) @name) @definition
      (delegate_declaration name: (_) @name) @definition
      (method_declaration name: (_) @name) @definition
      (constructor_declaration name: (_) @name) @definition
      (property_declaration name: (_) @name) @definition
      (local_function_statement name: (_) @name) @definition
      (namespace_declaration name: (_) @name) @scope`,
  },
  css: {
    wasm: vscodeWasm("css"),
    isCostlyToOptimize: true,
    definitions: `
      (class_selector (class_name) @name)
      (id_selector (id_name) @name)
      (keyframes_statement (keyframes_name) @name)`,
  },
  elixir: {
    wasm: packageWasm("elixir"),
    isCostlyToOptimize: true,
    definitions: `
      ((call target: (identifier) @keyword (arguments . (alias) @name)) @definition
        (#any-of? @keyword "defmodule" "defprotocol"))
      ((call target: (identifier) @keyword (arguments . (alias) @name)) @scope
        (#eq? @keyword "defimpl"))
      ((call target: (identifier) @keyword (arguments . [
          (identifier) @name
          (call target: (identifier) @name)
          (binary_operator left: (identifier) @name)
          (binary_operator left: (call target: (identifier) @name))
        ])) @definition
        (#any-of? @keyword "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"))`,
    // Module attributes: @doc, @spec, @impl.
    attached: ["unary_operator"],
  },
  go: {
    wasm: vscodeWasm("go"),
    definitions: `
      (function_declaration name: (_) @name) @definition
      (method_declaration name: (_) @name) @definition
      (type_spec name: (_) @name) @definition
      (type_alias name: (_) @name) @definition
      (method_elem name: (_) @name) @definition
      (source_file [
        (const_declaration (const_spec name: (identifier) @name))
        (var_declaration (var_spec name: (identifier) @name))
        (var_declaration (var_spec_list (var_spec name: (identifier) @name)))
      ])`,
  },
  haskell: {
    wasm: packageWasm("haskell"),
    definitions: `
      (declarations [
        (function name: (_) @name)
        (bind name: (_) @name)
        (signature name: (_) @name)
        (data_type name: (_) @name)
        (newtype name: (_) @name)
        (type_synomym name: (_) @name)
        (class name: (_) @name)
      ] @definition)
      (class_declarations (signature name: (_) @name) @definition)
      (declarations (instance name: (_) @name) @scope)`,
    // A type signature belongs to the function below it.
    attached: ["signature"],
  },
  java: {
    wasm: vscodeWasm("java"),
    definitions: `
      (class_declaration name: (_) @name) @definition
      (interface_declaration name: (_) @name) @definition
      (enum_declaration name: (_) @name) @definition
      (record_declaration name: (_) @name) @definition
      (annotation_type_declaration name: (_) @name) @definition
      (method_declaration name: (_) @name) @definition
      (constructor_declaration name: (_) @name) @definition
      (compact_constructor_declaration name: (_) @name) @definition`,
  },
  javascript: { wasm: vscodeWasm("javascript"), definitions: javascriptDefinitions },
  kotlin: {
    wasm: grammarsWasm("kotlin"),
    definitions: `
      (class_declaration name: (_) @name) @definition
      (object_declaration name: (_) @name) @definition
      (function_declaration name: (_) @name) @definition
      (type_alias type: (_) @name) @definition
      (source_file (property_declaration (variable_declaration (identifier) @name)) @definition)
      (companion_object (class_body
        (property_declaration (variable_declaration (identifier) @name)) @definition))`,
  },
  lua: {
    wasm: grammarsWasm("lua"),
    definitions: `
      (function_declaration name: (_) @name) @definition
      (assignment_statement
        (variable_list name: [(identifier) (dot_index_expression)] @name)
        (expression_list value: (function_definition))) @definition
      (field name: (identifier) @name value: (function_definition)) @definition
      (chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @definition)`,
  },
  php: {
    wasm: vscodeWasm("php"),
    definitions: `
      (function_definition name: (_) @name) @definition
      (class_declaration name: (_) @name) @definition
      (interface_declaration name: (_) @name) @definition
      (trait_declaration name: (_) @name) @definition
      (enum_declaration name: (_) @name) @definition
      (method_declaration name: (_) @name) @definition
      (const_declaration (const_element (name) @name))
      (namespace_definition name: (_) @name body: (_)) @scope`,
  },
  powershell: {
    wasm: vscodeWasm("powershell"),
    definitions: `
      (function_statement (function_name) @name) @definition
      (class_statement . (simple_name) @name) @definition
      (class_method_definition (simple_name) @name) @definition
      (enum_statement . (simple_name) @name) @definition`,
  },
  python: {
    wasm: vscodeWasm("python"),
    definitions: `
      (function_definition name: (_) @name) @definition
      (class_definition name: (_) @name) @definition
      (type_alias_statement left: (_) @name) @definition
      (module (expression_statement (assignment left: (identifier) @name) @definition))`,
  },
  ruby: {
    wasm: vscodeWasm("ruby"),
    definitions: `
      (module name: (_) @name) @definition
      (class name: (_) @name) @definition
      (method name: (_) @name) @definition
      (singleton_method name: (_) @name) @definition
      (assignment left: (constant) @name) @definition`,
  },
  rust: {
    wasm: vscodeWasm("rust"),
    definitions: `
      (function_item name: (_) @name) @definition
      (function_signature_item name: (_) @name) @definition
      (struct_item name: (_) @name) @definition
      (enum_item name: (_) @name) @definition
      (union_item name: (_) @name) @definition
      (trait_item name: (_) @name) @definition
      (type_item name: (_) @name) @definition
      (const_item name: (_) @name) @definition
      (static_item name: (_) @name) @definition
      (macro_definition name: (_) @name) @definition
      (impl_item type: (generic_type type: (_) @name)) @scope
      (impl_item type: [(type_identifier) (scoped_type_identifier) (primitive_type)] @name) @scope
      (mod_item name: (_) @name) @scope`,
  },
  scala: {
    wasm: packageWasm("scala"),
    definitions: `
      (class_definition name: (_) @name) @definition
      (object_definition name: (_) @name) @definition
      (trait_definition name: (_) @name) @definition
      (enum_definition name: (_) @name) @definition
      (function_definition name: (_) @name) @definition
      (function_declaration name: (_) @name) @definition
      (type_definition name: (_) @name) @definition
      (given_definition name: (_) @name) @definition
      (compilation_unit (val_definition pattern: (identifier) @name) @definition)
      (template_body (val_definition pattern: (identifier) @name) @definition)`,
  },
  tsx: { wasm: vscodeWasm("tsx"), definitions: typescriptDefinitions },
  typescript: { wasm: vscodeWasm("typescript"), definitions: typescriptDefinitions },
  zig: {
    wasm: grammarsWasm("zig"),
    definitions: `
      (function_declaration name: (_) @name) @definition
      (source_file (variable_declaration . (identifier) @name) @definition)
      (struct_declaration (variable_declaration . (identifier) @name) @definition)
      (test_declaration (string (string_content) @name)) @scope`,
  },
};

/** The grammar of a language, `undefined` for one that is not parsed. */
export function grammarOf(language: string): Grammar | undefined {
  return Object.hasOwn(grammars, language) ? grammars[language as LanguageName] : undefined;
}
