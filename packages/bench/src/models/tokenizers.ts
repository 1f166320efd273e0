import { type ModelShape, modelShapes } from "@resona/test-models";

import { measureAlone } from "./measuring-process.ts";
import type { ModelFiles } from "./model-files.ts";
import { type Check, type Section, isMet, table } from "./report.ts";

const vocabularies: readonly Pick<ModelShape, "tokenizer" | "tokens">[] = [
  { tokenizer: "wordpiece", tokens: 30_522 },
  { tokenizer: "bpe", tokens: 61_056 },
  { tokenizer: "unigram", tokens: 32_000 },
];

/** Texts that are tokenized in another way than by llama.cpp. */
export async function compareTokenizers(files: ModelFiles, progress: (line: string) => void): Promise<Section> {
  const rows: (string | number)[][] = [];
  const checks: Check[] = [];
  for (const { tokenizer, tokens } of vocabularies) {
    const model = files.writeAs(tokenizer, { ...modelShapes["tiny-bert"], tokenizer, tokens }, "Q8_0");
    for (const texts of ["random strings", "code"] as const) {
      const compared = await measureAlone("compareTokens", { model, texts });
      const check = { name: `mismatches, ${tokenizer}, ${texts}`, measured: compared.mismatches, atMost: 0 };
      checks.push(check);
      rows.push([
        tokenizer,
        texts,
        compared.texts,
        compared.tokens,
        compared.mismatches,
        isMet(check) ? "met" : "NOT MET",
      ]);
      progress(`tokenizers: ${tokenizer}, ${texts}: ${compared.mismatches} mismatches`);
      if (compared.example !== undefined) progress(`  such as ${JSON.stringify(compared.example)}`);
    }
    await files.remove(model);
  }
  return {
    title: "Tokenizers: texts that llama.cpp tokenizes differently",
    text: [table(["tokenizer", "texts", "number", "tokens", "mismatches", "promised: 0"], rows)],
    checks,
  };
}
