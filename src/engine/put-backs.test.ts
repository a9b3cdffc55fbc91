import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { scheduledDisk } from '../../test/simulation/scheduled-disk.ts';
import { SimulatedClock } from '../../test/simulation/simulated-clock.ts';
import { Turns } from '../../test/simulation/turns.ts';
import {
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  sum,
  text,
  timestamp,
} from '../daybook.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Intake } from '../ports/runtime.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';

const plan = makePlan(daybook);
const clock = machineClock();
const FILE = 'quarantine-put-back.ndjson';
const sales = mixedSales(20, { repeats: 0, seed: 7 });
const PAGE = { limit: 10, offset: 0 };

function intakeOf(lines: readonly string[], corrects?: number): Intake {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return { origin: 'test', lines: bytes, ...(corrects !== undefined && { corrects }) };
}

it('a file of marks that is damaged is set aside, and the marks that can be read hold', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf(['first', 'second', 'third', 'fourth']));
  for (const id of [1, 2, 3]) await engine.accept(intakeOf(sales.slice(id, id + 1), id));
  await engine.close();
  const [first, , third] = Buffer.from(disk.peek(FILE) ?? [])
    .toString()
    .split('\n');
  const damaged = [first, '\0\0\0\0', 'null', '{"id":2,"atMs":7,"outcome":"accepted"}', third, ''].join('\n');
  disk.tamper(FILE, () => Buffer.from(damaged));
  const notices: string[] = [];
  const again = await openEmbedded({ plan, disk, clock, onNotice: (sentence) => notices.push(sentence) });
  expect(notices).toEqual([
    expect.stringMatching(/damaged in 3 lines: .* kept as quarantine-put-back\.ndjson\.damaged\.$/),
  ]);
  expect(Buffer.from(disk.peek(`${FILE}.damaged`) ?? []).toString()).toBe(damaged);
  const { entries } = await again.quarantine({ ...PAGE, open: true });
  expect(entries.map(({ id }) => id)).toEqual([4, 2]);
  await again.close();
  const page = { total: 4, open: 2 };
  notices.splice(0);
  const restarted = await openEmbedded({ plan, disk: disk.restart(), clock, onNotice: (each) => notices.push(each) });
  expect(await restarted.quarantine(PAGE)).toMatchObject(page);
  expect(notices).toEqual([]);
  await restarted.close();
});

it('an entry that was put right is marked with what became of it, also after a restart', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf([...sales.slice(0, 5), 'first', 'second', 'third', 'fourth']));
  // Batches that are committed together: each is told its own offset.
  const [, corrected, , again] = await Promise.all([
    engine.accept(intakeOf(sales.slice(5, 8))),
    engine.accept(intakeOf(sales.slice(8, 9), 2)),
    engine.accept(intakeOf(sales.slice(9, 15))),
    engine.accept(intakeOf(sales.slice(0, 1), 3)),
  ]);
  expect([corrected.offset, again.offset]).toEqual([9, 15]);
  const still = await engine.accept(intakeOf(['still wrong'], 4));
  expect(still).toMatchObject({ accepted: 0, quarantined: [{ line: 1, code: 'NOT_JSON' }] });
  await expect(engine.accept(intakeOf(sales.slice(15, 16), 6))).rejects.toMatchObject({ code: 'BAD_QUERY' });
  // Once accepted it stays so, whatever is sent again.
  await engine.accept(intakeOf(sales.slice(8, 9), 2));
  const page = await engine.quarantine(PAGE);
  expect(page).toMatchObject({ total: 4, open: 2 });
  expect(page.entries.map(({ id, putBack }) => [id, putBack?.outcome, putBack?.offset])).toEqual([
    [4, undefined, undefined],
    [3, 'duplicate', undefined],
    [2, 'accepted', 8],
    [1, undefined, undefined],
  ]);
  await engine.close();
  const restarted = await openEmbedded({ plan, disk: disk.restart(), clock });
  expect(await restarted.quarantine(PAGE)).toEqual(page);
  for (const [limit, offset, ids] of [
    [10, 0, [4, 1]],
    [1, 0, [4]],
    [1, 1, [1]],
    [2, 1, [1]],
    [5, 2, []],
  ] as const) {
    const { entries } = await restarted.quarantine({ limit, offset, open: true });
    expect(entries.map(({ id }) => id)).toEqual(ids);
  }
  await restarted.close();
});

it('a correction that is refused again is answered, and leaves one open entry as it was', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf(['first']));
  // Beside a batch that corrects nothing, in the same group.
  const answers = await Promise.all([
    engine.accept(intakeOf(['not yet'], 1)),
    engine.accept(intakeOf(['another'])),
    engine.accept(intakeOf(['not yet'], 1)),
  ]);
  expect(answers.map(({ quarantined }) => quarantined.map(({ code }) => code))).toEqual([
    ['NOT_JSON'],
    ['NOT_JSON'],
    ['NOT_JSON'],
  ]);
  expect(await engine.quarantine(PAGE)).toMatchObject({
    total: 2,
    open: 2,
    entries: [{ record: 'another' }, { record: 'first' }],
  });
  // Sent as a record of its own it is kept like any other.
  await engine.accept(intakeOf(['not yet']));
  expect(await engine.quarantine(PAGE)).toMatchObject({ total: 3, entries: [{ record: 'not yet' }, {}, {}] });
  await engine.close();
});

it('a mark that a crash cut off leaves the entry open, and the next one is whole', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf(['first', 'second']));
  await engine.accept(intakeOf(sales.slice(0, 1), 1));
  await engine.close();
  const file = await disk.open(FILE, 'append');
  await file.writeAt(await file.size(), [Buffer.from('{"id":2,"atMs":17')]);
  await file.sync();
  await file.close();
  const restarted = await openEmbedded({ plan, disk: disk.restart(), clock });
  expect(await restarted.quarantine(PAGE)).toMatchObject({ total: 2, open: 1 });
  await restarted.accept(intakeOf(sales.slice(0, 1), 2));
  await restarted.close();
  const last = await openEmbedded({ plan, disk: disk.restart(), clock });
  const { entries } = await last.quarantine(PAGE);
  expect(entries.map(({ putBack }) => putBack?.outcome)).toEqual(['duplicate', 'accepted']);
  await last.close();
});

it('an entry counts once: a correction of another key is refused once one was accepted, and a repeat is a repeat', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf(['first', 'second', 'third', ...sales.slice(0, 1)]));
  await engine.accept(intakeOf(sales.slice(1, 2), 1));
  const refused = {
    code: 'ALREADY_CORRECTED',
    message: expect.stringMatching(/^Entry 1 .* put right at \d{4}-.*Z, at offset 1; nothing was counted\./) as string,
  };
  await expect(engine.accept(intakeOf(sales.slice(2, 3), 1))).rejects.toMatchObject(refused);
  expect(await engine.accept(intakeOf(sales.slice(1, 2), 1))).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(await engine.accept(intakeOf(['not yet'], 1))).toMatchObject({ quarantined: [{ code: 'NOT_JSON' }] });
  // What was refused is as if it had never come, also beside others of its group.
  const [, again, , other] = await Promise.allSettled([
    engine.accept(intakeOf(sales.slice(3, 5))),
    engine.accept(intakeOf(sales.slice(2, 3), 1)),
    engine.accept(intakeOf(sales.slice(2, 3))),
    engine.accept(intakeOf(sales.slice(5, 6), 2)),
  ]);
  expect(again).toMatchObject({ status: 'rejected', reason: refused });
  expect(other).toMatchObject({ status: 'fulfilled', value: { accepted: 1, offset: 6 } });
  // A record that was there already put nothing into the reports, so the right one still may.
  await engine.accept(intakeOf(sales.slice(0, 1), 3));
  expect(await engine.accept(intakeOf(sales.slice(6, 7), 3))).toMatchObject({ accepted: 1, offset: 7 });
  await expect(engine.accept(intakeOf(sales.slice(7, 8), 3))).rejects.toMatchObject({ code: 'ALREADY_CORRECTED' });
  expect(await engine.status()).toMatchObject({ accepted: 7 });
  await engine.close();
  const restarted = await openEmbedded({ plan, disk: disk.restart(), clock });
  await expect(restarted.accept(intakeOf(sales.slice(7, 8), 1))).rejects.toMatchObject(refused);
  expect(await restarted.status()).toMatchObject({ accepted: 7 });
  await restarted.close();
});

it('of corrections of one entry that come at once only one counts', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf(['first', 'second']));
  const answers = await Promise.allSettled([
    engine.accept(intakeOf(['not yet'], 1)),
    engine.accept(intakeOf(sales.slice(0, 1), 1)),
    engine.accept(intakeOf(sales.slice(1, 2), 1)),
    engine.accept(intakeOf(sales.slice(0, 1), 1)),
    engine.accept(intakeOf(sales.slice(2, 3), 2)),
  ]);
  expect(answers).toMatchObject([
    { value: { accepted: 0, quarantined: [{ code: 'NOT_JSON' }] } },
    { value: { accepted: 1 } },
    { reason: { code: 'ALREADY_CORRECTED' } },
    { value: { accepted: 0, duplicates: 1 } },
    { value: { accepted: 1 } },
  ]);
  expect(await engine.status()).toMatchObject({ accepted: 2 });
  // One that could not be written leaves the entry to the next.
  await engine.accept(intakeOf(['third']));
  let failures = 1;
  disk.fails = (call) => call.startsWith('write') && failures-- > 0;
  const failed = engine.accept(intakeOf(sales.slice(3, 4), 3));
  const next = engine.accept(intakeOf(sales.slice(4, 5), 3));
  await expect(failed).rejects.toMatchObject({ code: 'LOG_FAILED' });
  expect(await next).toMatchObject({ accepted: 1 });
  // Nothing is taken any more once it closes, also of what waited for another.
  await engine.accept(intakeOf(['fourth']));
  const last = engine.accept(intakeOf(sales.slice(5, 6), 4));
  const late = engine.accept(intakeOf(sales.slice(6, 7), 4));
  const closed = engine.close();
  expect(await last).toMatchObject({ accepted: 1 });
  await expect(late).rejects.toMatchObject({ code: 'CLOSING' });
  await closed;
});

it('a disk that takes no mark has the record counted all the same, once, and takes it when it is well', async () => {
  const disk = new FaultyDisk();
  const slow = new SimulatedClock(clock.nowMs());
  const notices: string[] = [];
  const onNotice = (sentence: string): void => void notices.push(sentence);
  const engine = await openEmbedded({ plan, disk, clock: slow, onNotice });
  await engine.accept(intakeOf(['first', 'second']));
  disk.fails = (call) => call.includes(FILE);
  expect(await engine.accept(intakeOf(sales.slice(0, 1), 1))).toMatchObject({ accepted: 1 });
  expect(await engine.quarantine(PAGE)).toMatchObject({ total: 2, open: 1 });
  await expect(engine.accept(intakeOf(sales.slice(1, 2), 1))).rejects.toMatchObject({ code: 'ALREADY_CORRECTED' });
  // Records are taken in as ever.
  await engine.accept(intakeOf(sales.slice(2, 3)));
  expect((await engine.status()).trouble).toBeUndefined();
  const { parts } = await engine.pipeline();
  expect(parts.filter(({ state }) => state === 'trouble')).toMatchObject([
    { name: 'Quarantine', doing: expect.stringContaining(FILE) as string },
  ]);
  expect(notices).toEqual([expect.stringMatching(/^It cannot be written which refused records were put right; /)]);
  disk.fails = () => false;
  await expect
    .poll(() => {
      slow.pass(5_000);
      return notices.slice(1);
    })
    .toEqual(['Quarantine: all is well again.']);
  // Killed here, it has the mark.
  const restarted = await openEmbedded({ plan, disk: disk.crash(), clock });
  expect((await restarted.quarantine(PAGE)).entries.map(({ putBack }) => putBack?.offset)).toEqual([undefined, 0]);
  await restarted.close();
  await engine.close();
});

it('a mark that the disk did not take is written at the end, so that its entry does not count a second time', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf(['first']));
  disk.fails = (call) => call.includes(FILE);
  await engine.accept(intakeOf(sales.slice(0, 1), 1));
  disk.fails = () => false;
  await engine.close();
  const restarted = await openEmbedded({ plan, disk: disk.restart(), clock });
  expect(await restarted.quarantine(PAGE)).toMatchObject({ total: 1, open: 0 });
  await expect(restarted.accept(intakeOf(sales.slice(1, 2), 1))).rejects.toMatchObject({ code: 'ALREADY_CORRECTED' });
  await restarted.close();
});

it('an engine is closed when the mark that is being written is there, and its correction answered', async () => {
  const disk = new FaultyDisk();
  const turns = new Turns();
  const engine = await turns.run(openEmbedded({ plan, disk: scheduledDisk(disk, turns), clock }), () => 0);
  await turns.run(engine.accept(intakeOf(['first'])), () => 0);
  let answer: unknown;
  const correcting = engine.accept(intakeOf(sales.slice(0, 1), 1)).then((given) => {
    answer = given;
  });
  const isMark = (label: string): boolean => label.includes(FILE);
  // Whatever else is asked of the disk goes before the mark.
  const markLast = (): number =>
    Math.max(
      0,
      turns.labels.findIndex((label) => !isMark(label)),
    );
  while (!turns.labels.some(isMark)) {
    await nextTurn();
    if (turns.count > 0 && !turns.labels.some(isMark)) turns.go(0);
  }
  await turns.run(engine.close(), markLast);
  expect(answer).toMatchObject({ accepted: 1 });
  await correcting;
  const restarted = await openEmbedded({ plan, disk: disk.restart(), clock });
  expect(await restarted.quarantine(PAGE)).toMatchObject({ total: 1, open: 0 });
  await restarted.close();
});

it('a correction whose key is that of another sale counts nothing, says so, and leaves the entry open', async () => {
  const disk = new FaultyDisk();
  const engine = await openEmbedded({ plan, disk, clock });
  await engine.accept(intakeOf([...sales.slice(0, 10), 'first', 'second', 'third']));
  const sale = JSON.parse(sales[4] ?? '') as Record<string, unknown> & { readonly ts: string };
  const id = String(sale['ts_id']);
  const send = (changes: object, corrects = 1): ReturnType<typeof engine.accept> =>
    engine.accept(intakeOf([JSON.stringify({ ...sale, ...changes })], corrects));
  await expect(send({ quantity: Number(sale['quantity']) + 1, city: 'Elsewhere' })).rejects.toMatchObject({
    code: 'KEY_COUNTED',
    message:
      `A record with the ts_id '${id}' is counted already, at offset 4, with other values of 'city', 'quantity'. Nothing ` +
      'was counted, and entry 1 of the quarantine stays open. If it is another sale, send it with a ts_id of its own.',
    details: { id: 1, offset: 4, fields: ['city', 'quantity'] },
  });
  await expect(send({ ts: '2026-01-01 10:00:00', ts_date: '2026-01-01' })).rejects.toMatchObject({
    message: expect.stringContaining(
      "is counted already, with another value of 'ts_date'. Nothing was counted,",
    ) as string,
  });
  await expect(send({ ts: sale.ts.replace(/00$/, '01') })).rejects.toMatchObject({ details: { fields: ['ts'] } });
  expect(await engine.status()).toMatchObject({ accepted: 10, duplicates: 3 });
  expect(await engine.quarantine(PAGE)).toMatchObject({ total: 3, open: 3 });
  // The same sale, however it is written, is what the entry should have been.
  const same = { ts_id: id.toUpperCase(), ts: sale.ts.replace(' ', 'T').concat('.000'), further: 'field' };
  expect(await send({ ...same, ts: sale.ts })).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(await send(same, 2)).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(await engine.quarantine(PAGE)).toMatchObject({ total: 3, open: 1 });
  // An entry that was put right stays so.
  await engine.accept(intakeOf(sales.slice(11, 12), 3));
  await expect(send({ city: 'Elsewhere' }, 3)).rejects.toMatchObject({
    message: expect.stringContaining('Nothing was counted. If it is another sale') as string,
  });
  expect(await engine.quarantine(PAGE)).toMatchObject({ total: 3, open: 0 });
  await engine.close();
});

it('a correction of a sale in which texts are keys is compared with the sale that counts', async () => {
  const fields = { ticket: text(), at: timestamp(), day: date(), amount: decimal() };
  const stream = {
    name: 'sales',
    timeZone: 'Europe/Paris',
    currency: 'EUR',
    eventTime: 'at',
    businessDate: 'day',
  } as const;
  const sold = defineStream({ ...stream, primaryKey: 'ticket', fields });
  const tickets = makePlan(
    defineDaybook({
      stream: sold,
      reports: [defineReport(sold, { name: 'takings', dimensions: ['day'], measures: { total: sum('amount') } })],
      dashboard: defineDashboard({ title: 'Sales', tiles: [] }),
    }),
  );
  const engine = await openEmbedded({ plan: tickets, disk: new FaultyDisk(), clock });
  const ticket = (key: string, amount: string): string =>
    `{"ticket":"${key}","at":"2026-03-04 10:00:00","day":"2026-03-04","amount":${amount}}`;
  await engine.accept(intakeOf([ticket('a', '1'), ticket('b', '2.5'), 'first']));
  await expect(engine.accept(intakeOf([ticket('b', '2.6')], 1))).rejects.toMatchObject({
    details: { offset: 1, fields: ['amount'] },
  });
  expect(await engine.accept(intakeOf([ticket(String.raw`\u0062`, '2.500')], 1))).toMatchObject({ duplicates: 1 });
  expect(await engine.quarantine(PAGE)).toMatchObject({ total: 1, open: 0 });
  await engine.close();
});
