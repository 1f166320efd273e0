import type { RecordBatch } from "apache-arrow";

import type { DiagnosisOptions, Finding } from "../../model/finding.ts";
import { fromFloat16Bits } from "../../store/float16.ts";
import type { LanceTable } from "../../store/lance-table.ts";
import { counted } from "../../support/quantities.ts";
import type { Remedies } from "../remedies.ts";
import { listed, Tally } from "../sentences.ts";
import { SourceLedger } from "../source-ledger.ts";
import { unreadable } from "./check-reading.ts";

type ContentsOptions = Pick<DiagnosisOptions, "signal" | "onProgress">;

export interface ContentsCheck {
  readonly ofRecords: readonly Finding[];
  /** Of whole files or items. They mean nothing while one is being written. */
  readonly ofSources: readonly Finding[];
}

/**
 * Can every value of every record be read, and do they agree with each other? Vectors, ids, the records of each source,
 * and in a workspace the chunks with the records of their files.
 *
 * Memory is that of a batch of rows (8,192 at most, about 20 MB) and of a {@link SourceLedger}, 40 bytes a file or item,
 * whatever the number of records.
 *
 * @param files undefined for an index of items.
 */
export async function checkContents(
  chunks: LanceTable,
  files: LanceTable | undefined,
  remedies: Remedies,
  options: ContentsOptions,
): Promise<ContentsCheck> {
  const ledger = new SourceLedger();
  const reading = new ContentsReading(ledger, files !== undefined);
  let table = files ?? chunks;
  try {
    if (files !== undefined) await readAll(files, options, (batch) => reading.files(batch));
    table = chunks;
    await readAll(chunks, options, (batch) => reading.chunks(batch));
    const unsettled = await nameUnsettled(ledger, files ?? chunks, files === undefined ? "base_id" : "path");
    return { ofRecords: reading.recordFindings(remedies), ofSources: reading.sourceFindings(unsettled, remedies) };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ofRecords: [unreadable(table.name, error, remedies.rebuild)], ofSources: [] };
  }
}

async function readAll(
  table: LanceTable,
  { signal, onProgress }: ContentsOptions,
  read: (batch: RecordBatch) => void,
): Promise<void> {
  const total = await table.countRows();
  let rows = 0;
  for await (const batch of table.scan(
    () => table.query(),
    (columns) => columns,
  )) {
    signal?.throwIfAborted();
    read(batch);
    rows += batch.numRows;
    onProgress?.({ rows, total, table: table.name });
  }
}

/** Collects what is wrong, batch by batch. */
class ContentsReading {
  readonly #ledger: SourceLedger;
  readonly #hasFiles: boolean;
  readonly #vectors = new Tally();
  readonly #ids = new Tally();
  readonly #strays = new Tally();

  constructor(ledger: SourceLedger, hasFiles: boolean) {
    this.#ledger = ledger;
    this.#hasFiles = hasFiles;
  }

  files(batch: RecordBatch): void {
    const path = textColumn(batch, "path");
    const claim = claimColumns(batch, "file_hash");
    for (let row = 0; row < batch.numRows; row++)
      this.#ledger.open(path.bytes, path.offsets[row]!, path.offsets[row + 1]!, claim(row));
  }

  chunks(batch: RecordBatch): void {
    const [id, baseId] = [textColumn(batch, "id"), textColumn(batch, "base_id")];
    const claim = claimColumns(batch, "text_hash");
    const isSound = vectorColumn(batch);
    for (let row = 0; row < batch.numRows; row++) {
      if (!isSound(row)) this.#vectors.add(() => textAt(id, row));
      const source = claim(row);
      const n = chunkNumber(id, baseId, row);
      if (n === undefined || n >= source.chunkCount) {
        this.#ids.add(() => textAt(id, row));
        continue;
      }
      const [start, end] = [baseId.offsets[row]!, baseId.offsets[row + 1]!];
      if (this.#hasFiles && !this.#ledger.has(baseId.bytes, start, end)) this.#strays.add(() => textAt(id, row));
      else this.#ledger.enter(baseId.bytes, start, end, n, source);
    }
  }

  recordFindings(remedies: Remedies): Finding[] {
    const { count: vectors } = this.#vectors;
    const { count: ids } = this.#ids;
    const [remedy, severity] = [remedies.rebuild, "error"] as const;
    const findings: Finding[] = [];
    if (vectors > 0) {
      const sentence = `${counted(vectors, "vector")} cannot be compared, being neither of length 1 nor 0: ${this.#vectors.list()}.`;
      findings.push({ code: "DATA_CORRUPT", severity, sentence, remedy });
    }
    if (ids > 0) {
      const sentence = `${counted(ids, "record")} with an id that does not belong there: ${this.#ids.list()}.`;
      findings.push({ code: "DATA_INCONSISTENT", severity, sentence, remedy });
    }
    return findings;
  }

  sourceFindings(unsettled: readonly string[], remedies: Remedies): Finding[] {
    const [remedy, severity] = [remedies.rebuild, "error"] as const;
    const findings: Finding[] = [];
    if (this.#strays.count > 0) {
      const sentence = `${counted(this.#strays.count, "record")} of files that the index does not know: ${this.#strays.list()}.`;
      findings.push({ code: "DATA_INCONSISTENT", severity, sentence, remedy });
    }
    if (unsettled.length > 0) {
      const sources = counted(this.#ledger.unsettled, this.#hasFiles ? "file" : "item");
      const sentence = `${sources} with records that are incomplete, repeated or of different versions: ${listed(unsettled, this.#ledger.unsettled)}.`;
      findings.push({ code: "DATA_INCONSISTENT", severity, sentence, remedy });
    }
    return findings;
  }
}

/** Names of the first sources that the ledger has something against; it knows only hashes of them. */
async function nameUnsettled(ledger: SourceLedger, table: LanceTable, column: string): Promise<string[]> {
  const names = new Set<string>();
  const wanted = Math.min(ledger.unsettled, NAMES_WANTED);
  if (wanted === 0) return [];
  for await (const batch of table.scan(
    () => table.query().select([column]),
    (rows) => rows,
  )) {
    const ids = textColumn(batch, column);
    for (let row = 0; row < batch.numRows && names.size < wanted; row++)
      if (ledger.isUnsettled(ids.bytes, ids.offsets[row]!, ids.offsets[row + 1]!)) names.add(textAt(ids, row));
    if (names.size === wanted) break;
  }
  return [...names];
}

const NAMES_WANTED = 5;

/** Row i of a column of text is bytes[offsets[i] .. offsets[i + 1]). */
interface TextColumn {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

function textColumn(batch: RecordBatch, name: string): TextColumn {
  const column = batch.getChild(name)?.data[0];
  if (column === undefined) throw new TypeError(`The batch has no column ${name}.`);
  return { offsets: column.valueOffsets, bytes: column.values };
}

function textAt({ offsets, bytes }: TextColumn, row: number): string {
  return Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString();
}

function claimColumns(batch: RecordBatch, name: string): (row: number) => { hash: Uint8Array; chunkCount: number } {
  const hashes = batch.getChild(name);
  const counts = batch.getChild("chunk_count");
  return (row) => ({ hash: hashes?.get(row) ?? noHash, chunkCount: counts?.get(row) });
}

const noHash = new Uint8Array();
const NUMBER_SIGN = 0x23;
const ZERO = 0x30;

/** The n of an id that is `<base id>#<n>`, a number from 0 without leading zeros; undefined of any other. */
function chunkNumber(id: TextColumn, baseId: TextColumn, row: number): number | undefined {
  const [start, end] = [id.offsets[row]!, id.offsets[row + 1]!];
  const baseStart = baseId.offsets[row]!;
  const digits = start + baseId.offsets[row + 1]! - baseStart + 1;
  if (digits >= end || id.bytes[digits - 1] !== NUMBER_SIGN) return undefined;
  for (let at = start; at < digits - 1; at++)
    if (id.bytes[at] !== baseId.bytes[baseStart + at - start]) return undefined;
  if (id.bytes[digits] === ZERO && end - digits > 1) return undefined;
  let n = 0;
  for (let at = digits; at < end; at++) {
    const digit = id.bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    n = n * 10 + digit;
  }
  return n;
}

/** The square of each number that 16 bits can be. */
const squares: Float32Array = fromFloat16Bits(Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits)).map(
  (value) => value * value,
);
/** Rounding to 16 bits changes a number by one part in 2,048 at most, and so the square of a length by two. */
const SQUARE_TOLERANCE = 0.002;

/** Tells of each row whether its vector has length 1, or is 0 in all places as that of an unknown text is. */
function vectorColumn(batch: RecordBatch): (row: number) => boolean {
  const vectors = batch.getChild("vector")?.data[0];
  const numbers = vectors?.children[0];
  if (vectors === undefined || numbers === undefined) throw new TypeError("The batch has no column vector.");
  const dimension: number = vectors.type.listSize;
  const bits: Uint16Array = numbers.values;
  const isComplete = vectors.nullCount === 0 && numbers.nullCount === 0;
  return (row) => {
    if (!isComplete && !isWithoutNull(numbers, row * dimension, dimension)) return false;
    let sum = 0;
    for (let at = row * dimension; at < (row + 1) * dimension; at++) sum += squares[bits[at]!]!;
    return sum === 0 || Math.abs(sum - 1) <= SQUARE_TOLERANCE;
  };
}

function isWithoutNull(
  { nullBitmap, offset }: { readonly nullBitmap: Uint8Array; readonly offset: number },
  from: number,
  length: number,
): boolean {
  if (nullBitmap.length === 0) return true;
  for (let bit = offset + from; bit < offset + from + length; bit++)
    if (((nullBitmap[bit >> 3]! >> (bit & 7)) & 1) === 0) return false;
  return true;
}
