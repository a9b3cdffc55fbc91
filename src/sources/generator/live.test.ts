import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { RecordingRuntime } from '../../../test/intake/recording-runtime.ts';
import { DaybookError } from '../../base/errors.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Acceptance, Intake, RuntimeStatus } from '../../ports/runtime.ts';
import { ownCatalogue } from './catalogue.ts';
import type { RunGeneratorOptions } from './live.ts';
import { runGenerator } from './live.ts';
import { openCatalogue } from './open-catalogue.ts';
import type { Sale } from './sales.ts';

const plan = makePlan(daybook);
const catalogue = await ownCatalogue();
/** Noon in New York, 2026-03-10. */
const NOON_MS = Date.UTC(2026, 2, 10, 16);
const MS_PER_MINUTE = 60_000;

/** Time passes when somebody sleeps, and the run is stopped at its end. */
class SteppingClock implements Clock {
  readonly #stop = new AbortController();
  readonly #endMs: number;
  #nowMs: number;

  constructor(startMs: number, endMs: number) {
    this.#nowMs = startMs;
    this.#endMs = endMs;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
    if (this.#nowMs >= this.#endMs) this.#stop.abort();
    return Promise.resolve();
  }
}

/** Remembers what it accepts; a busy one refuses the first of every three calls, and spoils the bytes that it was given. */
class BusyRuntime extends RecordingRuntime {
  newestDay: string | undefined;
  #calls = 0;
  readonly #refuses: boolean;

  constructor(refuses = false) {
    super(plan);
    this.#refuses = refuses;
  }

  override accept(intake: Intake): Promise<Acceptance> {
    if (this.#refuses && this.#calls++ % 3 === 0) {
      intake.lines.fill(0);
      return Promise.reject(new DaybookError('INTAKE_FULL', 'Too much is waiting.', { retryable: true }));
    }
    return super.accept(intake);
  }

  status(): Promise<RuntimeStatus> {
    const { newestDay } = this;
    return Promise.resolve({
      offset: this.records.length,
      accepted: this.records.length,
      duplicates: 0,
      quarantined: 0,
      perSecond: [],
      pendingBytes: 0,
      log: { segments: 1, bytes: 0 },
      checkpoint: undefined,
      trouble: undefined,
      amendments: 0,
      newestDay,
      sources: [],
    });
  }

  get sales(): readonly Sale[] {
    return this.records.map(({ text }) => JSON.parse(text) as Sale);
  }
}

async function run(
  runtime: BusyRuntime,
  minutes: number,
  options: Partial<RunGeneratorOptions> = {},
  startMs = NOON_MS,
): Promise<readonly Sale[]> {
  const before = runtime.sales.length;
  const clock = new SteppingClock(startMs, startMs + minutes * MS_PER_MINUTE);
  await runGenerator({ runtime, clock, signal: clock.signal, rate: 5, seed: 1, catalogue, perDay: 100, ...options });
  return runtime.sales.slice(before);
}

const START_TS = '2026-03-10 12:00:00';

describe('the generator', () => {
  it('begins with 60 days up to now, then goes on live', async () => {
    const sales = await run(new BusyRuntime(), 10);
    const history = sales.filter(({ ts }) => ts <= START_TS);
    expect(history[0]?.ts_date).toBe('2026-01-09');
    expect(new Set(history.map((sale) => sale.ts_date)).size).toBe(61);
    expect(sales.map(({ ts }) => ts)).toEqual(sales.map(({ ts }) => ts).toSorted());
    const live = sales.length - history.length;
    expect(Math.abs(live - 10 * 60 * 5)).toBeLessThan(300);
    expect(sales.at(-1)?.ts.slice(0, 15)).toBe('2026-03-10 12:0');
    expect(new Set(sales.map((sale) => sale.ts_id)).size).toBe(sales.length);
  });

  it('goes on from the newest day after a restart; what it sends twice is equal, and live sales are new', async () => {
    const runtime = new BusyRuntime();
    const before = await run(runtime, 5);
    runtime.newestDay = '2026-03-10';
    const after = await run(runtime, 5, {}, NOON_MS + 60 * MS_PER_MINUTE);
    expect(after[0]?.ts_date).toBe('2026-03-10');
    const known = new Map(before.map((sale) => [sale.ts_id, sale]));
    const repeats = after.filter((sale) => known.has(sale.ts_id));
    expect(repeats.length).toBeGreaterThan(0);
    for (const sale of repeats) expect(sale).toEqual(known.get(sale.ts_id));
    expect(repeats.every(({ ts }) => ts <= START_TS)).toBe(true);
    expect(after.filter(({ ts }) => ts > '2026-03-10 13:00:00').length).toBeGreaterThan(1000);
  });

  it('fills at most the days that it is told, however old the newest one is', async () => {
    const runtime = new BusyRuntime();
    runtime.newestDay = '2019-12-30';
    const sales = await run(runtime, 1, { historyDays: 3 });
    expect(sales[0]?.ts_date).toBe('2026-03-07');
    const ahead = new BusyRuntime();
    ahead.newestDay = '2031-01-01';
    expect((await run(ahead, 1))[0]?.ts_date).toBe('2026-03-10');
  });

  it('loses no sale and sends none twice while batches are refused', async () => {
    const calm = await run(new BusyRuntime(), 5, { rate: 50 });
    const refused = await run(new BusyRuntime(true), 5, { rate: 50 });
    const common = Math.min(calm.length, refused.length);
    expect(common).toBeGreaterThan(10_000);
    expect(refused.slice(0, common)).toEqual(calm.slice(0, common));
  });

  it('sends many at a time when the rate is high', async () => {
    const runtime = new BusyRuntime();
    const sales = await run(runtime, 0.05, { rate: 20_000, historyDays: 0 });
    expect(sales.length).toBeGreaterThan(50_000);
    expect(runtime.intakes.length).toBeLessThan(sales.length / 500);
  });

  it('ends with an error that no further try would mend', async () => {
    const runtime = new BusyRuntime();
    runtime.accept = () => Promise.reject(new DaybookError('LOG_FAILED', 'The log is gone.'));
    await expect(run(runtime, 1)).rejects.toMatchObject({ code: 'LOG_FAILED' });
  });

  it('has its own catalogue unless a file is named', async () => {
    expect((await openCatalogue(undefined)).customers).toHaveLength(800);
    await expect(openCatalogue('no/such/file.csv')).rejects.toMatchObject({ code: 'CATALOG_UNREADABLE' });
  });
});
