/** All that the binaries are made from. */
export const sourceNames: readonly string[];
/** SHA-256 over the names and contents of all sources. */
export function sourcesHash(): string;
