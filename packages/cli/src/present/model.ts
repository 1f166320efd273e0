import type { ModelInspection } from "@resona/core";

import { counted, fit, formatBytes, formatCount, printable } from "./text.ts";

const notStated = "not stated";

/** A file may say anything; names of models are far shorter. */
const statedColumns = 100;

/** What a model file holds as an aligned list; what the file does not state is left out where nobody misses it. */
export function formatModel(model: ModelInspection): string {
  const lines = [
    ...rows([
      ["Model", stated(model.name)],
      ["File", `GGUF version ${model.version}, ${formatBytes(model.fileBytes)}`],
      ["Architecture", stated(model.architecture)],
      ["Parameters", formatCount(model.parameters)],
      ["Dimension", count(model.embeddingLength)],
      ["Context", model.contextLength === undefined ? undefined : counted(model.contextLength, "token")],
      ["Blocks", count(model.blockCount)],
      ["Heads", count(model.headCount)],
      ["Feed-forward", count(model.feedForwardLength)],
      ["Tokenizer", formatTokenizer(model.tokenizer)],
      ["Pooling", model.pooling ?? notStated],
      ["Tensors", formatCount(model.tensors.reduce((sum, { tensors }) => sum + tensors, 0))],
    ]),
    ...formatTensors(model),
    ...rows([
      ["Memory", formatMemory(model)],
      ["Supported", model.supported ? "yes" : "no"],
    ]),
    ...(model.problem === undefined ? [] : [model.problem.message, model.problem.nextStep].map(indented)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function rows(named: readonly (readonly [name: string, value: string | undefined])[]): string[] {
  return named.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(14)}${value}`]));
}

function stated(text: string = notStated): string {
  return fit(printable(text), statedColumns);
}

function indented(text: string): string {
  return `  ${printable(text)}`;
}

function count(value: number | undefined): string | undefined {
  return value === undefined ? undefined : formatCount(value);
}

/** Static models take the same for any text and number of threads. */
function formatMemory({ memoryBytes, architecture }: ModelInspection): string | undefined {
  if (memoryBytes === undefined) return undefined;
  if (architecture === "static-embedding") return formatBytes(memoryBytes);
  return `up to ${formatBytes(memoryBytes)} (weights, and work space of one thread)`;
}

function formatTokenizer(tokenizer: ModelInspection["tokenizer"]): string {
  if (tokenizer === undefined) return notStated;
  const { model, pre, tokens } = tokenizer;
  const facts = [pre === undefined ? model : `${model} (${pre})`, tokens === undefined ? "" : counted(tokens, "token")];
  return stated(facts.filter((fact) => fact !== "").join(", "));
}

function formatTensors({ tensors }: ModelInspection): string[] {
  const formatWidth = Math.max(...tensors.map(({ format }) => format.length));
  const countWidth = Math.max(...tensors.map((row) => formatCount(row.tensors).length));
  return tensors.map((row) => {
    const noun = row.tensors === 1 ? "tensor " : "tensors";
    const size = row.bytes === undefined ? "size unknown" : formatBytes(row.bytes);
    return `  ${row.format.padEnd(formatWidth)}  ${formatCount(row.tensors).padStart(countWidth)} ${noun}  ${size}`;
  });
}
