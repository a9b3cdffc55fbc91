import { readFile, writeFile } from 'node:fs/promises';

const LINE_FEED = 10;
const KEY = Buffer.from('"ts_id":"');
const KEY_BYTES = 36;
const LINES_A_PART = 10_000;

/**
 * Writes the sales of a file in any order, the same one each time; but those of one primary key stay in their order, as the
 * first one counts.
 */
export async function shuffleSales(from: string, to: string): Promise<void> {
  const text = await readFile(from);
  const lines = linesOf(text);
  const order = shuffled(lines.length);
  const places = new Map<string, number[]>();
  for (const [place, line] of order.entries()) {
    const key = keyOf(lines[line] ?? text);
    const known = places.get(key);
    if (known === undefined) places.set(key, [place]);
    else known.push(place);
  }
  for (const each of places.values()) {
    if (each.length === 1) continue;
    const ordered = each.map((place) => order[place] ?? 0).sort((a, b) => a - b);
    for (const [index, place] of each.entries()) order[place] = ordered[index] ?? 0;
  }
  await writeFile(to, parts(lines, order));
}

function linesOf(text: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(LINE_FEED, start) + 1 || text.length;
    lines.push(text.subarray(start, end));
    start = end;
  }
  return lines;
}

function keyOf(line: Buffer): string {
  const start = line.indexOf(KEY) + KEY.length;
  return line.toString('latin1', start, start + KEY_BYTES);
}

/** Source: Fisher and Yates, with the numbers of a linear congruential generator (Numerical Recipes). */
function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_each, index) => index);
  let state = 1;
  for (let last = count - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}

function* parts(lines: readonly Buffer[], order: Uint32Array): Generator<Buffer> {
  for (let start = 0; start < order.length; start += LINES_A_PART) {
    yield Buffer.concat([...order.subarray(start, start + LINES_A_PART)].map((line) => lines[line] ?? Buffer.alloc(0)));
  }
}
