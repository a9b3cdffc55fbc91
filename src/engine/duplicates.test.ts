import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { RecordingClock } from '../../test/intake/recording-runtime.ts';
import { makePlan } from '../plan/normalise.ts';
import { Duplicates } from './duplicates.ts';
import type { WaitingBatch } from './group.ts';

const all = { limit: Infinity, offset: 0 };

/** A batch of which the records at some places were repeats. */
function batchOf(records: readonly string[], repeats: readonly number[], firstLine: number): WaitingBatch {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const record of records) {
    starts.push(at);
    at += Buffer.byteLength(record);
    ends.push(at);
    at++;
  }
  const places = records.map((_, place) => place);
  const columns = {
    count: records.length,
    bytes: new Uint8Array(Buffer.from(records.join('\n'))),
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    lines: Int32Array.from(places, (place) => place + 1),
  };
  const claim = { picked: Int32Array.from(places.filter((place) => !repeats.includes(place))) };
  return { columns, claim, intake: { origin: 'file', firstLine } } as unknown as WaitingBatch;
}

function kept(batches: readonly WaitingBatch[], kind: 'text' | 'uuid' = 'text'): readonly unknown[] {
  const { stream } = makePlan(daybook);
  const duplicates = new Duplicates(new RecordingClock(), { ...stream.primaryKey, name: 'id', kind });
  duplicates.note(batches, 10, 7);
  const { entries } = duplicates.page(0, all.limit, all.offset);
  return entries.map(({ id, line, key, record }) => ({ id, line, key, record }));
}

describe('what is kept of repeats', () => {
  it('is each one whole, newest first, with its line in the file', () => {
    const records = ['{"id":"A"}', '{"id":"b","name":"Zoë"}', '{"id":"c"}', '{"id":"Dd","n":12345}'];
    expect(kept([batchOf(records, [1, 3], 1), batchOf(['{"id":"e"}', '{"id":"f"}'], [0], 5)])).toEqual([
      { id: 13, line: 5, key: 'e', record: '{"id":"e"}' },
      { id: 12, line: 4, key: 'Dd', record: records[3] },
      { id: 11, line: 2, key: 'b', record: records[1] },
    ]);
  });

  it('has the key as it is compared: the letters of a uuid may be large or small, those of a text may not', () => {
    const batch = batchOf(['{"id":"0A"}', '{"id":"0a"}'], [0, 1], 1);
    expect(kept([batch], 'text')).toMatchObject([{ key: '0a' }, { key: '0A' }]);
    expect(kept([batch], 'uuid')).toMatchObject([{ key: '0a' }, { key: '0a' }]);
  });

  it('is cut of a long one, also within a character', () => {
    const long = `{"id":"x","name":"${'€'.repeat(2000)}"}`;
    const cut = Buffer.from(long).subarray(0, 4096).toString();
    expect(kept([batchOf([long, '{"id":"y"}'], [0, 1], 1)])).toEqual([
      { id: 12, line: 2, key: 'y', record: '{"id":"y"}' },
      { id: 11, line: 1, key: '', record: cut },
    ]);
  });
});
