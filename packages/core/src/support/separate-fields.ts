/** No path that a file system takes is as long; what is longer is cut. */
export const maxFieldBytes = 65_536;

/**
 * The fields of what git writes, each of which ends with a certain byte (NUL with `-z`), in batches of what has been
 * written so far. They are views of its pieces, to be copied by whoever keeps them. Fields are cut after 64 KiB, so that
 * memory is bounded whatever git says.
 */
export async function* separateFields(output: AsyncIterable<Buffer>, terminator = 0): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of output) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const fields: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(terminator); end !== -1; end = bytes.indexOf(terminator, start)) {
      fields.push(bytes.subarray(start, Math.min(end, start + maxFieldBytes)));
      start = end + 1;
    }
    rest = bytes.subarray(start, start + maxFieldBytes);
    if (fields.length > 0) yield fields;
  }
}
