/** What is used of Bun's foreign functions. */
declare module "bun:ffi" {
  type CType = "cstring" | "int";

  export function dlopen<Name extends string>(
    library: string,
    functions: Readonly<Record<Name, { readonly args: readonly CType[]; readonly returns: CType }>>,
  ): { readonly symbols: Readonly<Record<Name, (...args: readonly (string | number)[]) => unknown>> };
}
