import { type ModelFormat, type ModelShapeName, modelFormats, modelShapes } from "@resona/test-models";

import { measureAlone } from "./measuring-process.ts";
import type { ModelFiles } from "./model-files.ts";
import { type Check, type Section, isMet, table } from "./report.ts";

const shapes: readonly ModelShapeName[] = ["minilm", "bge-small", "nomic", "jina-v2-small", "jina-v2-code"];

/** The smallest cosine between our vectors and llama.cpp's, for each shape and format over ten texts. */
export async function measureParity(files: ModelFiles, progress: (line: string) => void): Promise<Section> {
  const checks: Check[] = [];
  const formats = Object.keys(modelFormats) as ModelFormat[];
  const rows: string[][] = formats.map((format) => [format]);
  let counts: readonly number[] = [];
  for (const shape of shapes) {
    for (const [i, format] of formats.entries()) {
      const model = files.write(shape, format);
      const { cosine, tokens } = await measureAlone("compareVectors", { model, shape: modelShapes[shape] });
      await files.remove(model);
      counts = tokens;
      const exact = format === "F32" || format === "F16";
      const check = {
        name: `cosine with llama.cpp, ${shape} ${format}`,
        measured: cosine,
        atLeast: exact ? 0.99999 : 0.999,
      };
      checks.push(check);
      rows[i]?.push(`${cosine.toFixed(6)}${isMet(check) ? "" : " NOT MET"}`);
      progress(`parity: ${shape} ${format} ${cosine.toFixed(6)}`);
    }
  }
  return {
    title: "Parity: smallest cosine with llama.cpp on the same file",
    text: [
      table(["format", ...shapes], rows),
      `Ten texts of ${counts.toSorted((a, b) => a - b).join(", ")} tokens. Promised: 0.99999 for F32 and F16, else 0.999.`,
    ],
    checks,
  };
}
