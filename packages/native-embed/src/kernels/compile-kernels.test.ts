import { expect, it, vi } from "vitest";

it("compiles once per process", async () => {
  const { compileKernels } = await import("./compile-kernels.ts");
  expect(await compileKernels()).toBe(await compileKernels());
});

it("says that WebAssembly cannot be used where there is none, and tries again later", async () => {
  vi.resetModules();
  vi.stubGlobal("WebAssembly", undefined);
  const { compileKernels } = await import("./compile-kernels.ts");
  const failure = expect.objectContaining({ code: "KERNELS_UNAVAILABLE" }) as Error;
  await expect(compileKernels()).rejects.toEqual(failure);
  await expect(compileKernels()).rejects.toEqual(failure);
  vi.unstubAllGlobals();
});
