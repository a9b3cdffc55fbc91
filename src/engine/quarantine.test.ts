import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { throughAFile } from '../../test/disk/through-a-file.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import type { Refused } from './quarantine.ts';
import { Quarantine } from './quarantine.ts';
import { SectionReader } from './sections.ts';

const plan = makePlan(daybook);
const clock = machineClock();

const AT = { segment: 'a', position: 48 };

function refusedLines(...lines: readonly string[]): readonly Refused[] {
  return lines.map((line, index) => {
    return {
      refusal: { code: 'NOT_JSON', reason: 'a test' },
      line: index + 1,
      origin: 'test',
      bytes: Buffer.from(line),
    };
  });
}

it('what a checkpoint is given of the quarantine stays as it was while more is refused', async () => {
  const quarantine = new Quarantine();
  const take = (...lines: readonly string[]): void => {
    for (const { count } of quarantine.claim(refusedLines(...lines), 0)) quarantine.add(AT, count);
  };
  take('first');
  const saved = quarantine.save();
  take('second', 'third');
  const { facts, arrays } = await throughAFile(saved);
  const loaded = Quarantine.load(facts, new SectionReader(arrays));
  expect(loaded.size).toBe(1);
  expect([...loaded.claim(refusedLines('first', 'second', 'third'), 0)]).toMatchObject([{ count: 2 }]);
});

it('of what was refused a few bytes stay in memory, and they count in the budget of the state', async () => {
  const garbage = Array.from({ length: 100_000 }, (_, line) => `garbage ${line}\n`).join('');
  const sales = mixedSales(6_000, { repeats: 0, seed: 7 }).map((line) => `${line}\n`);
  const keyFilesBehind = async (lines: string): Promise<number> => {
    const disk = new FaultyDisk();
    const engine = await openEmbedded({ plan, disk, clock, stateBytesMax: 2 * 1024 * 1024 });
    await engine.accept({ origin: 'test', lines: Buffer.from(lines) });
    await engine.accept({ origin: 'test', lines: Buffer.from(sales.join('')) });
    await engine.close();
    return (await disk.list('keys')).length;
  };
  expect([await keyFilesBehind(''), await keyFilesBehind(garbage)]).toEqual([0, 1]);
  const quarantine = new Quarantine();
  expect([...quarantine.claim(refusedLines(...garbage.split('\n')), 0)]).toHaveLength(1);
  expect(quarantine.bytes).toBeLessThan(100_000 * 32);
});

it('an entry has its row whole, and the record that was made of it unless that is longer than anybody puts right', async () => {
  const engine = await openEmbedded({ plan, disk: new FaultyDisk(), clock });
  const lines = ['{"ts_id":"é"}', `{"ts_id":"${'x'.repeat(1024 * 1024)}"}`];
  const originalOf = (line: number): Uint8Array => Buffer.from(`${line} é`, 'latin1');
  const intake = { origin: 'test', lines: Buffer.from(lines.join('\n')), firstLine: 7, originalOf };
  const { quarantined } = await engine.accept(intake);
  expect(quarantined.map(({ line }) => line)).toEqual([7, 8]);
  const { entries } = await engine.quarantine({ limit: 10, offset: 0 });
  expect(entries.map(({ record, encoding, converted }) => [Buffer.from(record, encoding), converted])).toEqual([
    [originalOf(8), undefined],
    [originalOf(7), lines[0]],
  ]);
  // Another source that makes another record of the same row.
  await engine.accept({ ...intake, lines: Buffer.from('{}') });
  expect(await engine.status()).toMatchObject({ quarantined: 2 });
  await engine.close();
});

it('what is refused of a batch is answered and not kept when its originals follow', async () => {
  const engine = await openEmbedded({ plan, disk: new FaultyDisk(), clock });
  const answer = await engine.accept({ origin: 'test', lines: Buffer.from('{}\n[]'), originalsFollow: true });
  expect(answer.quarantined.map(({ line, code }) => [line, code])).toEqual([
    [1, 'MISSING_FIELD'],
    [2, 'NOT_AN_OBJECT'],
  ]);
  expect(await engine.status()).toMatchObject({ quarantined: 0 });
  await engine.close();
});

it('entries that did not become durable are claimed again when their lines come again', () => {
  const quarantine = new Quarantine();
  const long = 'a line that is longer than its fingerprint';
  const claim = (): readonly number[] =>
    Array.from(quarantine.claim(refusedLines('a', 'b', 'a', long), 0), ({ count }) => count);
  expect(claim()).toEqual([3]);
  quarantine.undo();
  expect([claim(), quarantine.size]).toEqual([[3], 0]);
  quarantine.add(AT, 3);
  quarantine.undo();
  expect([claim(), quarantine.size]).toEqual([[], 3]);
});

it('a page of the quarantine reads each frame once, also after a restart', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  for (let frame = 0; frame < 4; frame++) {
    const lines = Array.from({ length: 10 }, (_, line) => `garbage ${frame}${line}\n`).join('');
    await engine.accept({ origin: 'test', lines: Buffer.from(lines) });
  }
  await engine.close();
  const again = await openEmbedded({ plan, disk: disk.restart(), clock });
  for (const [limit, offset, frames] of [
    [100, 0, 4],
    [10, 10, 1],
    [11, 9, 2],
    [3, 12, 1],
    [1, 39, 1],
    [5, 40, 0],
    [0, 3, 0],
  ] as const) {
    let opened = 0;
    disk.fails = (call) => {
      if (call.startsWith('open log/')) opened++;
      return false;
    };
    const { total, entries } = await again.quarantine({ limit, offset });
    expect([total, opened]).toEqual([40, frames]);
    const wanted = Array.from({ length: 40 }, (_, index) => 40 - index).slice(offset, offset + limit);
    expect(entries.map(({ id, record }) => [id, record])).toEqual(
      wanted.map((id) => [id, `garbage ${String(id - 1).padStart(2, '0')}`]),
    );
  }
  await again.close();
});

it('a page of several has of long records the start, and one that is asked for alone is whole', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  const long = '\u0001é'.repeat(6_000);
  const bytes = Buffer.concat([Buffer.from(`${long}\nshort\n`), Buffer.alloc(20_000, 0xff)]);
  await engine.accept({ origin: 'test', lines: bytes });
  const row = `{"ts_id":"${'x'.repeat(17_000)}"}`;
  await engine.accept({ origin: 'test', lines: Buffer.from(row), originalOf: () => 'a row' });
  await engine.accept({ origin: 'test', lines: Buffer.from('newest') });
  const { entries } = await engine.quarantine({ limit: 10, offset: 0 });
  expect(
    entries.map(({ id, record, encoding, cutFrom, converted }) => ({ id, record, encoding, cutFrom, converted })),
  ).toEqual([
    { id: 5, record: 'newest', encoding: 'utf8' },
    { id: 4, record: 'a row', encoding: 'utf8', cutFrom: 5 },
    { id: 3, record: Buffer.alloc(1024, 0xff).toString('base64'), encoding: 'base64', cutFrom: 20_000 },
    { id: 2, record: 'short', encoding: 'utf8' },
    // Up to the last whole character.
    { id: 1, record: `${'\u0001é'.repeat(341)}\u0001`, encoding: 'utf8', cutFrom: 18_000 },
  ]);
  const alone = async (id: number): Promise<unknown> =>
    (await engine.quarantine({ limit: 1, offset: 5 - id })).entries[0];
  expect(await alone(1)).toMatchObject({ id: 1, record: long });
  expect(await alone(1)).not.toHaveProperty('cutFrom');
  expect(await alone(4)).toMatchObject({ record: 'a row', converted: row });
  // By its id, whatever else came meanwhile.
  for (const id of [1, 3, 4, 5]) {
    const { total, entries: found } = await engine.quarantine({ id });
    expect([total, found]).toEqual([5, [await alone(id)]]);
  }
  for (const id of [0, 6]) expect((await engine.quarantine({ id })).entries).toEqual([]);
  await engine.close();
});

it('an answer names the entry of each line that was refused, which may be one of before', async () => {
  const disk = new FaultyDisk();
  let engine = await openEmbedded({ plan, disk, clock });
  const known = new Map<string, number>();
  const send = async (...batches: readonly (readonly string[])[]): Promise<void> => {
    const answers = await Promise.all(
      batches.map((lines) => engine.accept({ origin: 'test', lines: Buffer.from(lines.join('\n')) })),
    );
    for (const [index, { quarantined }] of answers.entries()) {
      for (const { line, id } of quarantined) {
        const record = batches[index]?.[line - 1] ?? '';
        const { entries } = await engine.quarantine({ id: id ?? 0 });
        expect(entries).toMatchObject([{ id, record }]);
        expect(known.get(record) ?? id).toBe(id);
        known.set(record, id ?? 0);
      }
    }
  };
  const sales = mixedSales(4, { repeats: 0, seed: 7 });
  await send(['a', 'b', 'a', ...sales], ['c', 'b'], [...sales, 'd'], ['a']);
  disk.roomBytes = 10;
  await expect(send(['lost', 'e'])).rejects.toMatchObject({ code: 'DISK_FULL' });
  disk.roomBytes = Number.POSITIVE_INFINITY;
  await send(['f'], ['e', 'c', 'lost']);
  await engine.close();
  // From the checkpoint, and from the log alone.
  for (const isLogAlone of [false, true]) {
    if (isLogAlone) for (const path of disk.paths) if (path.startsWith('checkpoints/')) disk.lose(path);
    engine = await openEmbedded({ plan, disk: disk.restart(), clock });
    await send(['d', `new ${isLogAlone}`, 'lost'], ['f', 'a']);
    await engine.close();
  }
  expect(known.size).toBe(9);
  expect(new Set(known.values()).size).toBe(9);
});

it('an answer names no entries where the log has the same bytes twice, as ids would be others', async () => {
  const quarantine = new Quarantine();
  const entry = (record: string): string => `${JSON.stringify({ record, encoding: 'utf8' })}\n`;
  quarantine.addStored(AT, Buffer.from(entry('first') + entry('first') + entry('second')));
  const ids: (number | undefined)[] = [];
  const [line] = refusedLines('second');
  for (const _ of quarantine.claim(line === undefined ? [] : [{ ...line, ids }], 0));
  expect([quarantine.size, ids]).toEqual([3, [undefined]]);
});

it('an answer names the entry that a correction leaves as it was, and none for what is not kept', async () => {
  const engine = await openEmbedded({ plan, disk: new FaultyDisk(), clock });
  const lines = Buffer.from('wrong');
  await engine.accept({ origin: 'test', lines: Buffer.from('first') });
  expect(await engine.accept({ origin: 'test', lines, corrects: 1 })).toMatchObject({ quarantined: [{ id: 1 }] });
  const { quarantined } = await engine.accept({ origin: 'test', lines, originalsFollow: true });
  expect(quarantined).toEqual([expect.not.objectContaining({ id: expect.anything() as unknown })]);
  await engine.close();
});
