export type { ModelMemory, Pooling } from "./architectures/text-model.ts";
export { createEmbedder } from "./create-embedder.ts";
export type {
  EmbedderDocument,
  EmbedderMemory,
  EmbedderOptions,
  EmbedderStatistics,
  NativeEmbedder,
} from "./create-embedder.ts";
export { defaultModelPath } from "./default-model.ts";
export { NativeEmbedError } from "./errors.ts";
export type { NativeEmbedErrorCode } from "./errors.ts";
export { memorySource, openFileSource } from "./gguf/byte-source.ts";
export type { ByteSource } from "./gguf/byte-source.ts";
export type { GgufArray, GgufHeader, GgufLongText, GgufTensor, GgufValue, GgufValueType } from "./gguf/gguf-header.ts";
export { readGgufHeader } from "./gguf/read-gguf-header.ts";
export { hashModelFile } from "./hash-model-file.ts";
export { inspectModel } from "./inspect-model.ts";
export type {
  ModelInspection,
  ModelPooling,
  ModelProblem,
  TensorsOfFormat,
  TokenizerInspection,
} from "./inspect-model.ts";
export { type TaskPrefixes, taskPrefixes } from "./task-prefixes.ts";
export type { MemoryReport } from "./transformer/memory-monitor.ts";
