import { bert } from "./bert.ts";
import type { EncoderArchitecture } from "./encoder-architecture.ts";
import { jinaBertV2 } from "./jina-bert-v2.ts";
import { nomicBert } from "./nomic-bert.ts";

/** Every transformer that can be run, by `general.architecture`. */
export const encoderArchitectures: Readonly<Partial<Record<string, EncoderArchitecture>>> = Object.assign(
  // Without inherited names, which a file might ask for.
  Object.create(null) as object,
  Object.fromEntries([bert, nomicBert, jinaBertV2].map((architecture) => [architecture.name, architecture])),
);
