/** The texts that the extension shows, as the editor looks them up in the bundles of `l10n/`. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type CallExpression, type Expression, Visitor, parseSync } from "oxc-parser";

const sources = fileURLToPath(new URL("../src", import.meta.url));

/** By itself, each text of the extension's sources, sorted: `l10n/bundle.l10n.json`. */
export function sourceMessages(): Record<string, string> {
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !/\.test(?:-helper)?\.ts$/.test(path),
  );
  const messages = files.flatMap((path) => messagesOf(path, readFileSync(join(sources, path), "utf8")));
  return Object.fromEntries([...new Set(messages)].toSorted().map((message) => [message, message]));
}

/**
 * The first arguments of all calls of `l10n.t`, wherever `l10n` is from.
 *
 * @throws {Error} if one is not written out: it would be shown, but never translated.
 */
export function messagesOf(path: string, text: string): string[] {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const messages: string[] = [];
  const visitor = new Visitor({
    CallExpression(call) {
      if (!isTranslation(call)) return;
      const message = literalText(call.arguments[0]);
      if (message === undefined) {
        const line = text.slice(0, call.start).split("\n").length;
        throw new Error(`${path}:${line}: the first argument of l10n.t must be the text itself.`);
      }
      messages.push(message);
    },
  });
  visitor.visit(program);
  return messages;
}

/** `l10n.t(…)`, `vscode.l10n.t(…)`, `this.#wording.l10n.t(…)` */
function isTranslation({ callee }: CallExpression): boolean {
  if (callee.type !== "MemberExpression" || nameOf(callee.property) !== "t") return false;
  const { object } = callee;
  return nameOf(object.type === "MemberExpression" ? object.property : object) === "l10n";
}

function nameOf(node: { readonly type: string; readonly name?: unknown }): unknown {
  return node.type === "Identifier" ? node.name : undefined;
}

function literalText(node: CallExpression["arguments"][number] | Expression | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral" || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}
