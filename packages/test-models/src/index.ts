export { blockLayouts, encodeBlocks, encodeBlocksInto, encodedSize, fromFloat16, toFloat16 } from "./encode-blocks.ts";
export type { BlockFormat, BlockLayout } from "./encode-blocks.ts";
export { openLlama, startLlama } from "./llama-reference.ts";
export type { LlamaReference, LlamaRuntime } from "./llama-reference.ts";
export { modelFormats, storedFormat } from "./model-formats.ts";
export type { ModelFormat } from "./model-formats.ts";
export { modelShapes } from "./model-shapes.ts";
export type { ModelShape, ModelShapeName } from "./model-shapes.ts";
export { fillRow, modelTensors, seededRandom } from "./model-tensors.ts";
export type { ModelTensor } from "./model-tensors.ts";
export {
  bpeVocabulary,
  precompiledCharsmap,
  scriptRanges,
  unigramVocabulary,
  wordPieceVocabulary,
} from "./vocabularies.ts";
export type { TestVocabulary } from "./vocabularies.ts";
export {
  u32,
  u64,
  writeEntry,
  writeGguf,
  writePreamble,
  writeTensorInfo,
  writeText,
  writeValue,
} from "./write-gguf.ts";
export type { WrittenEntry, WrittenFile, WrittenTensor, WrittenType, WrittenValue } from "./write-gguf.ts";
export { modelBytes, modelVocabulary, writeModel } from "./write-model.ts";
export type { ModelOptions, WrittenModel } from "./write-model.ts";
