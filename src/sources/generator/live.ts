import type { Zone } from '../../base/calendar.ts';
import { formatLocalTime, parseDay, zone } from '../../base/calendar.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Runtime } from '../../ports/runtime.ts';
import type { Catalogue } from './catalogue.ts';
import { requireSalesStream } from './sales-stream.ts';
import { makeRandom } from './random.ts';
import type { Sale } from './sales.ts';
import { liveSales, salesOfDay } from './sales.ts';

export interface RunGeneratorOptions {
  readonly runtime: Pick<Runtime, 'plan' | 'accept' | 'status'>;
  readonly clock: Clock;
  /** Live sales a second, on average; above 0. */
  readonly rate: number;
  readonly seed: number;
  readonly catalogue: Catalogue;
  /** So many days before today, at most, are filled first. */
  readonly historyDays?: number;
  /** About so many sales on each of them. */
  readonly perDay?: number;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
  /** Told after each batch how many sales are durable, or were known before. */
  readonly onProgress?: (sales: number) => void;
}

const HISTORY_DAYS = 60;
const HISTORY_PER_DAY = 2000;
const HISTORY_BATCH_SALES = 1000;
const LIVE_BATCH_SALES_MAX = 5000;
/** Sales that come closer together than this are sent together. */
const TICK_MS = 40;
const RETRY_WAIT_MS_MIN = 100;
const RETRY_WAIT_MS_MAX = 5000;

/**
 * Keeps a shop selling until the signal: first the days up to now, the last ones when nothing was accepted yet, else
 * from the newest business day on (what of it was sent before is a duplicate); then sales as they happen. A batch that
 * cannot be taken now is offered again until it is. Ends when the last batch is answered.
 * @throws DaybookError `GENERATE_STREAM`; what `accept` throws, unless another try may succeed
 */
export async function runGenerator(options: RunGeneratorOptions): Promise<void> {
  const { runtime, clock, seed, catalogue, signal } = options;
  requireSalesStream(runtime.plan);
  const local = zone(runtime.plan.stream.timeZone);
  const sender = new Sender(options);
  const { newestDay, offset } = await runtime.status();
  const startMs = clock.nowMs();
  const history = salesUntil(startMs, newestDay === undefined ? undefined : parseDay(newestDay), local, options);
  for (const batch of inBatches(history, HISTORY_BATCH_SALES)) {
    if (signal.aborted) return;
    await sender.send(batch);
  }
  // Two runs never begin at one moment of one log with the same number of records.
  const run = `${startMs} ${offset}`;
  const live = liveSales(catalogue, seed, run, local);
  await sellLive(options, run, startMs, (epochMs) => live.next(epochMs), sender);
}

/** Sales before a moment, from the newest day that is known. */
function* salesUntil(
  epochMs: number,
  newestDay: number | undefined,
  local: Zone,
  options: RunGeneratorOptions,
): Generator<Sale> {
  const { catalogue, seed, historyDays = HISTORY_DAYS, perDay = HISTORY_PER_DAY } = options;
  const now = local.localTime(epochMs);
  const nowText = formatLocalTime(now);
  const earliest = now.day - historyDays;
  const first = newestDay === undefined ? earliest : Math.max(earliest, Math.min(newestDay, now.day));
  for (let day = first; day <= now.day; day++) {
    for (const sale of salesOfDay({ catalogue, seed, day, perDay })) {
      if (sale.ts > nowText) return;
      yield sale;
    }
  }
}

function* inBatches(sales: Iterable<Sale>, size: number): Generator<readonly Sale[]> {
  let batch: Sale[] = [];
  for (const sale of sales) {
    batch.push(sale);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Sells as time passes. The pauses between sales are those of customers who know nothing of each other. */
async function sellLive(
  { clock, rate, seed, signal }: RunGeneratorOptions,
  run: string,
  startMs: number,
  saleAt: (epochMs: number) => Sale,
  sender: Sender,
): Promise<void> {
  const random = makeRandom(seed, `pauses ${run}`);
  // Exponential pauses make a Poisson process; Knuth, TAOCP 2, 3.4.1, D.
  const pauseMs = (): number => (-Math.log(1 - random.fraction()) * 1000) / rate;
  let dueMs = startMs + pauseMs();
  let lastMs = startMs;
  while (!signal.aborted) {
    const nowMs = clock.nowMs();
    // A clock that was put back must not stop the shop until it has caught up.
    if (nowMs < lastMs) dueMs = nowMs + pauseMs();
    lastMs = nowMs;
    const batch: Sale[] = [];
    while (dueMs <= nowMs && batch.length < LIVE_BATCH_SALES_MAX) {
      batch.push(saleAt(Math.floor(dueMs)));
      dueMs += pauseMs();
    }
    if (batch.length > 0) await sender.send(batch);
    const waitMs = dueMs - clock.nowMs();
    if (waitMs > 0) await clock.sleep(Math.max(TICK_MS, Math.ceil(waitMs)), signal);
  }
}

/** Hands batches over one by one. */
class Sender {
  readonly #options: RunGeneratorOptions;
  #sent = 0;

  constructor(options: RunGeneratorOptions) {
    this.#options = options;
  }

  /** Resolves once the batch is durable, or when the signal is aborted while it cannot be taken. */
  async send(batch: readonly Sale[]): Promise<void> {
    const { runtime, clock, signal, onProgress } = this.#options;
    const text = batch.map((sale) => `${JSON.stringify(sale)}\n`).join('');
    for (let waitMs = RETRY_WAIT_MS_MIN; ; waitMs = Math.min(waitMs * 2, RETRY_WAIT_MS_MAX)) {
      try {
        // The bytes belong to who takes them, so each try has its own.
        await runtime.accept({ origin: 'generator', lines: Buffer.from(text) });
        this.#sent += batch.length;
        onProgress?.(this.#sent);
        return;
      } catch (error) {
        if (!(error instanceof DaybookError) || !error.retryable) throw error;
        if (signal.aborted) return;
        await clock.sleep(waitMs, signal);
      }
    }
  }
}
