import { once } from "node:events";
import { createWriteStream } from "node:fs";

/** Two items of five are long enough for two records of 1,500 characters at most; the others have about 800. */
const LONG_SHARE = 0.415;

/**
 * Writes items as JSON Lines, the same for the same arguments every time: about 800 characters of words that look like
 * identifiers and prose, or two and a half times as many.
 *
 * @param changedEvery items whose position is a multiple of it differ from those of another `round`.
 */
export async function writeItems(
  path: string,
  { items, round, changedEvery }: { items: number; round: number; changedEvery: number },
): Promise<void> {
  const file = createWriteStream(path, { highWaterMark: 1 << 20 });
  for (let n = 0; n < items; n++) {
    const line = JSON.stringify({ id: `item-${n}`, text: textOf(n, n % changedEvery === 0 ? round : 0) });
    if (!file.write(`${line}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

function textOf(n: number, round: number): string {
  let state = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b);
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 8) / 0x1000000) * below);
  };
  const length = random(1_000) < LONG_SHARE * 1_000 ? 2_000 : 800;
  let text = "";
  while (text.length < length) {
    const word = `${syllables[random(syllables.length)]}${syllables[random(syllables.length)]}`;
    text += random(8) === 0 ? `${word}_${syllables[random(syllables.length)]}${random(1_000)}. ` : `${word} `;
  }
  return text;
}

const syllables = (
  "re load par se up da te con fig ser ver que ry in dex buf fer cli ent ses sion tok en hash map lock thread pool " +
  "time out re try wri ter rea der chan nel sig nal nod e tree gra ph edge path file blo ck page ca che key val ue"
).split(" ");
