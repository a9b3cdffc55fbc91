/** Prints made-up order lines, one a line of JSON, the same ones each time: `node orders.ts [days] [lines a day] [first day]` */
const [days = '30', linesADay = '400', firstDay = '2026-03-01'] = process.argv.slice(2);

const CHANNELS = ['Web', 'App', 'Marketplace'] as const;
const ARTICLES = ['Tea, green', 'Tea, black', 'Teapot 0.8 l', 'Cup, blue', 'Cup, white', 'Honey', 'Scale', 'Kettle'];
const PRICES = [6.9, 5.9, 34.5, 12, 12, 8.25, 49.9, 79];
/** How busy each hour is. */
const BUSY = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 14, 12, 10, 10, 11, 13, 16, 20, 22, 19, 12, 6];
const DAY_MS = 86_400_000;

let seed = 20_260_301;

/** A number from 0 to below 1. Source: the generator of Park and Miller, CACM 31 (1988). */
function chance(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

function weighted(weights: readonly number[]): number {
  let left = chance() * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => (left -= weight) < 0);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function orderLine(day: string, number: number): string {
  const hour = weighted(BUSY);
  const article = Math.floor(chance() * ARTICLES.length);
  const pieces = 1 + Math.floor(chance() * 3);
  const channel = CHANNELS[weighted(hour > 17 ? [4, 5, 1] : [5, 2, 2])] ?? CHANNELS[0];
  return JSON.stringify({
    line_id: `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
    ordered_at: `${day} ${two(hour)}:${two(Math.floor(chance() * 60))}:${two(Math.floor(chance() * 60))}`,
    day,
    hour,
    channel,
    customer: `C-${Math.floor(chance() * 900)}`,
    article: ARTICLES[article],
    pieces,
    amount: Number((pieces * (PRICES[article] ?? 0)).toFixed(2)),
  });
}

for (let index = 0; index < Number(days); index++) {
  const day = new Date(Date.parse(firstDay) + index * DAY_MS).toISOString().slice(0, 10);
  for (let line = 0; line < Number(linesADay); line++) {
    process.stdout.write(`${orderLine(day, index * Number(linesADay) + line)}\n`);
  }
}
