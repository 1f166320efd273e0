/**
 * The static-embedding model written down a second time, as plainly as possible: the whole file in one buffer,
 * words by the regular expression, a Map for the vocabulary, double precision throughout. Shares no code with the
 * package.
 */
export interface NaiveModel {
  tokenize(text: string): number[];
  embed(text: string, context: string): number[];
}

export function naiveModel(file: Buffer): NaiveModel {
  const { tokens, width, pathWeight, data } = parse(file);
  const ids = new Map(tokens.map((token, id) => [token, id]));

  const tokenize = (text: string): number[] => {
    const words = text.match(/[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]|(?:(?![A-Za-z])[\p{L}\p{Nl}\p{No}])+/gu);
    return (words ?? []).flatMap((word) => cut(word.toLowerCase()));
  };

  const cut = (word: string): number[] => {
    const whole = ids.get(word);
    if (whole !== undefined) return [whole];
    const characters = Array.from(word);
    if (characters.length > 64) return [];
    const pieces: number[] = [];
    let from = 0;
    while (from < characters.length) {
      let to = Math.min(characters.length, from + 24);
      while (to > from) {
        const id = ids.get((from > 0 ? "##" : "") + characters.slice(from, to).join(""));
        if (id !== undefined) {
          pieces.push(id);
          break;
        }
        to--;
      }
      from = to > from ? to : from + 1;
    }
    return pieces;
  };

  const embed = (text: string, context: string): number[] => {
    let sum = Array.from({ length: width }, () => 0);
    for (const [bag, weight] of [
      [text, 1],
      [context, pathWeight],
    ] as const) {
      const counts = new Map<number, number>();
      for (const id of tokenize(bag)) counts.set(id, (counts.get(id) ?? 0) + 1);
      for (const [id, count] of counts) {
        sum = sum.map((value, j) => {
          const block = (id * width + j - (j % 32)) / 32;
          const scale = half(data.readUInt16LE(block * 34));
          return value + weight * (1 + Math.log(count)) * scale * data.readInt8(block * 34 + 2 + (j % 32));
        });
      }
    }
    const length = Math.hypot(...sum);
    return sum.map((value) => (length > 0 ? value / length : 0));
  };

  return { tokenize, embed };
}

export function cosine(a: Iterable<number>, b: Iterable<number>): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The largest difference between two numbers at the same place. */
export function largestDifference(a: Iterable<number>, b: Iterable<number>): number {
  const others = [...b];
  return Math.max(...Array.from(a, (value, j) => Math.abs(value - others.at(j)!)));
}

function dot(a: Iterable<number>, b: Iterable<number>): number {
  const others = [...b];
  return [...a].reduce((sum, value, j) => sum + value * others.at(j)!, 0);
}

function parse(file: Buffer): { tokens: string[]; width: number; pathWeight: number; data: Buffer } {
  let at = 24;
  const u32 = (): number => file.readUInt32LE((at += 4) - 4);
  const u64 = (): number => Number(file.readBigUInt64LE((at += 8) - 8));
  const text = (): string => {
    const length = u64();
    return file.toString("utf8", at, (at += length));
  };
  const value = (type: number): unknown => {
    if (type === 8) return text();
    if (type === 7) return file[at++] === 1;
    if (type === 6) return file.readFloatLE((at += 4) - 4);
    if (type === 4 || type === 5) return u32();
    if (type !== 9) throw new Error(`the naive parser does not know type ${type}`);
    const element = u32();
    return Array.from({ length: u64() }, () => value(element));
  };
  const entries = Number(file.readBigUInt64LE(16));
  const metadata = new Map(Array.from({ length: entries }, () => [text(), value(u32())] as const));
  text();
  at += 4;
  const width = u64();
  at += 8 + 4 + 8;
  return {
    tokens: metadata.get("tokenizer.ggml.tokens") as string[],
    width,
    pathWeight: metadata.get("static-embedding.path_weight") as number,
    data: file.subarray(Math.ceil(at / 32) * 32),
  };
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  return sign * (exponent === 0 ? (bits & 1023) / 2 ** 24 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15));
}
