import { createRequire } from "node:module";

/**
 * LanceDB's own instance of apache-arrow. LanceDB is CommonJS; importing Arrow as an ES module would load a second
 * copy, and tables made with one are not recognised by the other.
 */
export const arrow: typeof import("apache-arrow") = createRequire(import.meta.url)("apache-arrow");
