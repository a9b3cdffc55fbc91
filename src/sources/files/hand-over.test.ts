import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { RecordingClock, RecordingRuntime } from '../../../test/intake/recording-runtime.ts';
import { DaybookError } from '../../base/errors.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Acceptance, Intake } from '../../ports/runtime.ts';
import type { Batch } from './batches.ts';
import { handOver } from './hand-over.ts';

const plan = makePlan(daybook);
const full = new DaybookError('INTAKE_FULL', 'Too much is waiting.', { retryable: true });

async function* batches(count: number): AsyncGenerator<Batch> {
  for (let i = 0; i < count; i++) {
    yield await Promise.resolve({ lines: Buffer.from(`{"n":${i}}\n`), firstLine: i + 1, unreadable: [], records: 1 });
  }
}

/** Refuses the calls that `refusals` names by their number from 0 on. */
class RefusingRuntime extends RecordingRuntime {
  calls = 0;
  readonly #refusals: ReadonlyMap<number, Error>;

  constructor(refusals: ReadonlyMap<number, Error>) {
    super(plan);
    this.#refusals = refusals;
  }

  override async accept(intake: Intake): Promise<Acceptance> {
    const refusal = this.#refusals.get(this.calls++);
    if (refusal !== undefined) throw refusal;
    return super.accept(intake);
  }
}

async function handOverTo(
  runtime: RecordingRuntime,
  count: number,
  signal?: AbortSignal,
): Promise<{ readonly clock: RecordingClock; readonly answered: number[]; readonly error: unknown }> {
  const clock = new RecordingClock();
  const answered: number[] = [];
  const onAccepted = ({ offset }: Acceptance): void => void answered.push(offset);
  const error: unknown = await handOver(batches(count), { runtime, clock, origin: 'a', signal, onAccepted }).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { clock, answered, error };
}

describe('handOver', () => {
  it('answers for all batches, in order', async () => {
    const runtime = new RecordingRuntime(plan);
    const { answered } = await handOverTo(runtime, 10);
    expect(answered).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(runtime.records.map((record) => record.line)).toEqual(answered);
  });

  it('has no more than 14 batches on their way', async () => {
    let now = 0;
    let most = 0;
    class SlowRuntime extends RecordingRuntime {
      override async accept(intake: Intake): Promise<Acceptance> {
        most = Math.max(most, ++now);
        for (let turn = 0; turn < 100; turn++) await Promise.resolve();
        now--;
        return super.accept(intake);
      }
    }
    await handOverTo(new SlowRuntime(plan), 30);
    expect(most).toBe(14);
  });

  it.each([
    [1, 1],
    [25, 3],
    [1000, 10],
  ])('has no more than %d bytes on their way when told so, or one batch', async (bytesInFlightMax, expected) => {
    let now = 0;
    let most = 0;
    const accept = async (): Promise<Acceptance> => {
      most = Math.max(most, ++now);
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      now--;
      return { accepted: 1, duplicates: 0, quarantined: [], offset: 1 };
    };
    const options = { runtime: { accept }, clock: new RecordingClock(), origin: 'a', signal: undefined };
    // Of eight bytes each.
    await handOver(batches(10), { ...options, bytesInFlightMax, onAccepted: () => undefined });
    expect(most).toBe(expected);
  });

  it('offers a refused batch again, waiting longer each time, and hands over no later one before it', async () => {
    const refusals = new Map([2, 3, 4, 5].map((call) => [call, full] as const));
    const runtime = new RefusingRuntime(refusals);
    const { clock, answered, error } = await handOverTo(runtime, 8);
    expect(error).toBeUndefined();
    expect(answered).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(runtime.records.map((record) => record.line)).toEqual(answered);
    expect(clock.sleptMs).toEqual([50, 100, 200, 400]);
  });

  it('gives up on what is not worth another try, and counts what is in', async () => {
    const failed = new DaybookError('LOG_FAILED', 'The log cannot be written.');
    const { answered, error, clock } = await handOverTo(new RefusingRuntime(new Map([[2, failed]])), 8);
    expect(error).toBe(failed);
    expect(answered.slice(0, 2)).toEqual([1, 2]);
    expect(clock.sleptMs).toEqual([]);
  });

  it('gives up in the end on a runtime that stays too busy', async () => {
    const refusals = new Map(Array.from({ length: 200 }, (_, call) => [call, full] as const));
    const { error, clock } = await handOverTo(new RefusingRuntime(refusals), 1);
    expect(error).toMatchObject({ code: full.code, cause: full });
    expect(String(error)).toContain('It was tried for 5 minutes, and is given up');
    expect(clock.nowMs()).toBeGreaterThanOrEqual(300_000);
  });

  it('hands over nothing more once it is told to stop', async () => {
    const stop = new AbortController();
    class StoppingRuntime extends RecordingRuntime {
      override accept(intake: Intake): Promise<Acceptance> {
        if (this.intakes.length === 1) stop.abort();
        return super.accept(intake);
      }
    }
    const runtime = new StoppingRuntime(plan);
    const { answered } = await handOverTo(runtime, 8, stop.signal);
    expect(answered).toEqual([1, 2]);
    expect(runtime.intakes).toHaveLength(2);
  });
});
