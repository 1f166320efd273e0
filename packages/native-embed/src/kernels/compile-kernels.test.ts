import { expect, it, vi } from "vitest";

it("compiles once per process", async () => {
  const { compileKernels } = await import("./compile-kernels.ts");
  expect(compileKernels()).toBe(compileKernels());
});

it("says that WebAssembly cannot be used where there is none, and tries again later", async () => {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", undefined);
  const { compileKernels } = await import("./compile-kernels.ts");
  const failure = expect.objectContaining({ code: "KERNELS_UNAVAILABLE" }) as Error;
  expect(() => compileKernels()).toThrow(failure);
  expect(() => compileKernels()).toThrow(failure);
  vi.unstubAllGlobals();
});
