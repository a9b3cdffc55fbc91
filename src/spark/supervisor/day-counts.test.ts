import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { TopicMessage } from '../../ports/messages.ts';
import { DayCounts } from './day-counts.ts';

const { stream } = makePlan(daybook);

function message(value: object | string): TopicMessage {
  const text = typeof value === 'string' ? value : JSON.stringify({ query: 'q', ...value });
  return { offset: 0, timestampMs: 0, key: null, value: Buffer.from(text) };
}

function count(of: string, records: number, frame: number, day = '2026-03-04'): TopicMessage {
  return message({ ts_date: day, of, records, frame });
}

describe('the counts of days', () => {
  it('say which days have more records than their rows', () => {
    const counts = new DayCounts(stream, 'q');
    counts.take([
      count('seen', 5, 1),
      count('kept', 3, 1),
      count('seen', 7, 1, '2026-03-05'),
      count('kept', 7, 1, '2026-03-05'),
    ]);
    counts.advance(1);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 5, missing: 2 }]);
    expect(counts.lateDays()).toEqual([{ day: '2026-03-04', records: 5, late: 2, waiting: 2 }]);
    expect(counts.late).toBe(2);
  });

  it('say nothing of frames that are not whole', () => {
    const counts = new DayCounts(stream, 'q');
    counts.take([
      count('seen', 5, 1),
      count('kept', 5, 1),
      count('seen', 9, 2),
      message({ of: 'all', records: 9, frame: 2 }),
    ]);
    counts.advance(1);
    expect(counts.newest).toBe(2);
    expect([counts.behind(), counts.accepted]).toEqual([[], 0]);
    counts.take([count('kept', 9, 2)]);
    counts.advance(2);
    expect([counts.behind(), counts.accepted]).toEqual([[], 9]);
  });

  it('are settled by a day that was computed again, until more comes', () => {
    const counts = new DayCounts(stream, 'q');
    counts.take([count('seen', 5, 1), count('kept', 3, 1)]);
    counts.advance(1);
    const [day] = counts.behind();
    if (day === undefined) throw new Error('the day is behind');
    const { key, value } = counts.answer(day, 2);
    expect(key).toBe('{"ts_date":"2026-03-04","of":"again"}');
    counts.take([message(value)]);
    counts.advance(2);
    expect([counts.behind(), counts.late]).toEqual([[], 2]);
    expect(counts.lateDays()).toEqual([{ day: '2026-03-04', records: 5, late: 2, waiting: 0 }]);
    counts.take([count('seen', 6, 3)]);
    counts.advance(3);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 6, missing: 1 }]);
  });

  it('of a day that was computed again are as before when a query that began anew has written over its rows', () => {
    const counts = new DayCounts(stream, 'q');
    counts.take([count('seen', 5, 1), count('kept', 3, 1), count('again', 5, 2)]);
    counts.advance(2);
    expect(counts.behind()).toEqual([]);
    counts.take([count('seen', 3, 3), count('kept', 3, 3), count('seen', 5, 4)]);
    counts.advance(4);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 5, missing: 2 }]);
  });

  it('of a day that was never open are behind by all of it', () => {
    const counts = new DayCounts(stream, 'q');
    counts.take([count('seen', 2, 1)]);
    counts.advance(1);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 2, missing: 2 }]);
  });

  it('are not those of another definition, nor of what is no message of ours', () => {
    const counts = new DayCounts(stream, 'q');
    counts.take([
      message({ ts_date: '2026-03-04', of: 'seen', records: 9, frame: 1, query: 'other' }),
      message('no JSON'),
      message({ of: 'constructor', records: 1, frame: 1 }),
      { offset: 0, timestampMs: 0, key: null, value: null },
    ]);
    counts.advance(1);
    expect(counts.behind()).toEqual([]);
  });

  it('do not count any more once another definition has written over their rows', () => {
    const counts = new DayCounts(stream, 'q');
    const ofOther = (of: string, frame: number): TopicMessage =>
      message({ ts_date: '2026-03-04', of, records: 5, frame, query: 'other' });
    const before = [count('seen', 5, 1), count('again', 5, 2), message({ of: 'all', records: 5, frame: 2 })];
    counts.take([...before, count('seen', 6, 4, '2026-03-05'), count('seen', 6, 3, '2026-03-05')]);
    counts.advance(4);
    expect(counts.overtaken).toBeDefined();
    counts.take([ofOther('seen', 5), ofOther('again', 6)]);
    expect([counts.behind(), counts.accepted, counts.overtaken]).toEqual([[], 0, undefined]);
    expect(counts.newestOfAny).toBe(6);

    // It comes back, and finds all of the day when that is closed.
    const back = count('seen', 5, 7);
    counts.take([back]);
    counts.advance(7);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 5, missing: 5 }]);
    // What the other one had under way when it was ended is older.
    counts.take([ofOther('kept', 6)]);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 5, missing: 5 }]);
    counts.rewind();
    counts.take([...before, ofOther('seen', 5), ofOther('again', 6), back]);
    counts.advance(7);
    expect(counts.behind()).toEqual([{ day: '2026-03-04', seen: 5, missing: 5 }]);
    expect(counts.overtaken).toBeUndefined();
    // A clock that goes back behind that of the other one has its rows lose to that one's.
    counts.take([count('seen', 6, 4)]);
    expect(counts.overtaken).toEqual({ days: ['2026-03-04'], from: 4, by: 7 });
  });

  it('say of which days rows were written behind newer ones, until those are written again', () => {
    const counts = new DayCounts(stream, 'q');
    const [day, other] = ['2026-03-04', '2026-03-05'];
    counts.take([count('seen', 5, 9, day), count('seen', 5, 9, other), count('again', 5, 8, other)]);
    expect(counts.overtaken).toBeUndefined();
    counts.take([count('seen', 6, 4, day), count('kept', 6, 4, day), count('seen', 7, 5, day)]);
    expect(counts.overtaken).toEqual({ days: [day], from: 4, by: 9 });
    counts.take([count('seen', 8, 12, day), count('again', 5, 9, day)]);
    expect(counts.overtaken).toEqual({ days: [day], from: 4, by: 9 });
    counts.take([message(counts.answerSame(day, 10).value)]);
    expect(counts.overtaken).toBeUndefined();
    counts.rewind();
    counts.take([count('seen', 5, 9, other)]);
    expect(counts.overtaken).toBeUndefined();
  });
});
