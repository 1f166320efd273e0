import { fileURLToPath } from "node:url";

/**
 * Path of the model that ships with the package.
 * `models` lies beside both `src` and `dist`, so this holds wherever the module is run from.
 */
export const defaultModelPath: string = fileURLToPath(new URL("../models/resona-code-static-v0.gguf", import.meta.url));
