import { describe, expect, it } from "vitest";

import { resonaError } from "../errors.ts";
import { isMissingFile, translateStoreError } from "./lance-errors.ts";

const codeOf = (message: string, code?: string) => {
  const error = Object.assign(new Error(message), code === undefined ? {} : { code });
  return (translateStoreError(error, "/i") as { code?: string }).code;
};

describe("translateStoreError", () => {
  // Texts as LanceDB 0.39 writes them.
  it.each([
    ["DISK_FULL", "lance error: LanceError(IO): No space left on device (os error 28), lance-io/src/local.rs"],
    ["INDEX_NOT_WRITABLE", 'Permission denied (os error 13) at path "/i/chunks.lance/data/.tmpX"'],
    ["INDEX_NOT_WRITABLE", "Read-only file system (os error 30)"],
    [
      "INDEX_NOT_READABLE",
      "lance error: LanceError(IO): Generic LocalFileSystem error: Unable to open file /i/chunks.lance/data/00.lance: Permission denied (os error 13), /lance-io/src/object_store.rs:1615:12",
    ],
    ["INDEX_DAMAGED", "Failed to get next batch from stream: lance error: Not found: i/chunks.lance/data/00.lance"],
    ["INDEX_DAMAGED", "Table 'chunks' was not found  Caused by: Dataset at path i/chunks.lance was not found"],
    ["INDEX_DAMAGED", "Generic memory error: Invalid range 0..0 for object of size 0 bytes"],
    ["INDEX_DAMAGED", "Encountered corrupt file miniblock_metadata: x"],
    ["INDEX_DAMAGED", "failed to fill whole buffer"],
    ["STORE_FAILED", "Retryable commit conflict for version 7"],
  ])("reads %s from %j", (code, message) => {
    expect(codeOf(message)).toBe(code);
  });

  it.each([
    ["DISK_FULL", "ENOSPC"],
    ["DISK_FULL", "EDQUOT"],
    ["INDEX_NOT_WRITABLE", "EACCES"],
    ["INDEX_NOT_WRITABLE", "EROFS"],
  ])("reads %s from the system's %s", (code, system) => {
    expect(codeOf("write failed", system)).toBe(code);
  });

  it.each([
    ["INDEX_NOT_READABLE", "opendir", "/i/chunks.lance/_versions"],
    ["INDEX_NOT_READABLE", "open", "/i/chunks.lance/_versions/18446744073709551609.manifest"],
    ["INDEX_NOT_WRITABLE", "open", "/i/writer.json"],
    ["INDEX_NOT_WRITABLE", "mkdir", "/i/takeover.lock"],
  ])("reads %s from permission that is denied to %s %s", (code, syscall, path) => {
    const error = Object.assign(new Error("permission denied"), { code: "EACCES", syscall, path });
    expect(translateStoreError(error, "/i")).toMatchObject({ code });
  });

  it("keeps the cause, and only the first line of a long text", () => {
    const cause = new Error(`strange\n${"backtrace\n".repeat(100)}`);
    const error = translateStoreError(cause, "/i");
    expect(error.message).toBe("The database at /i failed: strange");
    expect(error.cause).toBe(cause);
  });

  it("leaves LanceDB's causes and source files to the cause", () => {
    const text =
      "Table 'chunks' was not found  Caused by: Dataset at path i was not found, /src/lance/commit.rs:670:26";
    expect(translateStoreError(new Error(text), "/i").message).toBe(
      "The index at /i is damaged: Table 'chunks' was not found",
    );
  });

  it("lets through what is translated already, and an abort", () => {
    const known = resonaError("NO_INDEX", { path: "/i" });
    expect(translateStoreError(known, "/other")).toBe(known);
    const abort = new DOMException("stop", "AbortError");
    expect(translateStoreError(abort, "/i")).toBe(abort);
  });
});

describe("isMissingFile", () => {
  it("knows a pruned data file from a table that does not exist", () => {
    expect(isMissingFile(new Error("lance error: Not found: i/chunks.lance/data/00.lance"))).toBe(true);
    expect(isMissingFile(new Error("Table 'chunks' was not found"))).toBe(false);
  });
});
