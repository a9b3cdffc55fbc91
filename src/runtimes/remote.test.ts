import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daybook, dailyRecords } from '../../daybook.config.ts';
import { microsText } from '../base/decimal.ts';
import { decimal, text as textField } from '../definition/fields.ts';
import { count, sum } from '../definition/measures.ts';
import type { Report } from '../definition/report.ts';
import { defineReport } from '../definition/report.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Plan } from '../plan/plan.ts';
import type { Intake } from '../ports/runtime.ts';
import { readIntake } from '../sources/http/intake.ts';
import { reportInfo } from '../server/report-info.ts';
import { streamInfo } from '../server/stream-info.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { plainSale } from '../../test/sales/plain-sale.ts';
import { checkSameDefinition } from './other-definition.ts';
import { openRemote, openRemoteToSend, parseRows } from './remote.ts';

const plan = makePlan(daybook);
const report = plan.reports[0];

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;

/** Answers what definition there is, which who reads asks first, and leaves the rest to the test. */
function defining(answer: Answer): Answer {
  const definition = { stream: streamInfo(plan.stream), reports: plan.reports.map(reportInfo) };
  return (request, body, response) => {
    if (request.url === '/api/v1/reports') response.end(JSON.stringify(definition));
    else answer(request, body, response);
  };
}

/** A server that answers as told, for one test. */
async function serving(answer: Answer): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    void text(request).then((body) => answer(request, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('the rows of a report', () => {
  it('keep every digit of their decimals, also beyond what a float holds', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.nat(), (micros, count) => {
        const json = `[{"ts_date":"2026-03-04","daily_pu":${count},"daily_rev":${microsText(micros)},"daily_profit":0}]`;
        expect(parseRows(json, report)).toEqual([
          { ts_date: '2026-03-04', daily_pu: count, daily_rev: micros, daily_profit: 0n },
        ]);
      }),
    );
  });

  it('keep every digit of a sum of whole numbers, also beyond what a float holds', () => {
    const row = (count: string): string =>
      `{"ts_date":"2026-03-04","daily_pu":${count},"daily_rev":0,"daily_profit":0}`;
    const rows = parseRows(`[${row('9007199254740993')},${row('9007199254740991')}]`, report);
    expect(rows.map((each) => each['daily_pu'])).toEqual([9_007_199_254_740_993_000_000n, 9_007_199_254_740_991]);
  });
});

describe('a Daybook reached over HTTP', () => {
  it('is sent the batch as it is, with all that its source knows of it', async () => {
    const sent: unknown[] = [];
    const quarantined = [{ line: 7, code: 'CANNOT_BE_CONVERTED', reason: 'a quote is open' }] as const;
    const acceptance = { accepted: 1, duplicates: 0, quarantined, offset: 9 };
    await using server = await serving((request, body, response) => {
      sent.push(request.headers['content-type'], readIntake(Buffer.from(body)));
      response.end(JSON.stringify(acceptance));
    });
    const intake: Intake = {
      origin: 'sales.csv',
      lines: Buffer.from('{"a":1}\nnonsense'),
      firstLine: 10,
      unreadable: [{ record: 'a,"b\nc', ...quarantined[0] }],
    };
    expect(await openRemote(plan, server.url).accept(intake)).toEqual(acceptance);
    expect(sent).toEqual(['application/vnd.daybook.intake', intake]);
  });

  it('is sent a batch that no request can hold in several, and their answers are one', async () => {
    await using daybook = await serveEmbedded();
    const records = ['a', 'b', 'c'].map((letter) => letter.repeat(6 * 1024 * 1024));
    const unreadable = [{ line: 14, record: 'a,"b', code: 'CANNOT_BE_CONVERTED', reason: 'odd' } as const];
    const remote = openRemote(plan, daybook.server.url);
    const intake: Intake = { origin: 'x', lines: Buffer.from(records.join('\n')), firstLine: 12, unreadable };
    const { quarantined, ...rest } = await remote.accept(intake);
    expect(rest).toEqual({ accepted: 0, duplicates: 0, offset: 0 });
    expect(quarantined.map(({ line }) => line)).toEqual([12, 13, 14, 14]);
    const { entries } = await remote.quarantine({ limit: 10, offset: 0 });
    expect(entries.filter(({ cutFrom }) => cutFrom === 6 * 1024 * 1024)).toHaveLength(3);
    const alone = await Promise.all(entries.map(({ id }) => remote.quarantine({ id })));
    const texts = alone.flatMap((page) =>
      page.entries.map((each) => Buffer.from(each.record, each.encoding).toString()),
    );
    expect(texts.toSorted()).toEqual(['a,"b', ...records].toSorted());
  });

  it('takes batches in their order, however many are sent at once: of two sales with one key the first counts', async () => {
    await using daybook = await serveEmbedded();
    const remote = openRemote(plan, daybook.server.url);
    const sale = (revenue: number): string => JSON.stringify({ ...plainSale, revenue });
    const batches = [
      `${'\n'.repeat(3 * 1024 * 1024)}${sale(1)}`,
      sale(2),
      `${mixedSales(2_000, { repeats: 0, seed: 3 }).join('\n')}\n${sale(3)}`,
      sale(4),
    ];
    const accepting = batches.map((lines) => remote.accept({ origin: 'sales.ndjson', lines: Buffer.from(lines) }));
    const acceptances = await Promise.all(accepting);
    expect(acceptances.map(({ accepted, duplicates, offset }) => [accepted, duplicates, offset])).toEqual([
      [1, 0, 1],
      [0, 1, 1],
      [2_000, 1, 2_001],
      [0, 1, 2_001],
    ]);
    const { rows } = await remote.query('daily_pu_rev', { from: plainSale.ts_date, to: plainSale.ts_date });
    expect(rows).toMatchObject([{ daily_pu: 1, daily_rev: 1_000_000n }]);
    await remote.close();
  });

  it('is told what refused lines were made of, once it has said which they are, and is asked no line twice for it', async () => {
    const sent: Intake[] = [];
    const quarantined = [{ line: 11, code: 'MISSING_FIELD', field: 'ts_id', reason: 'it is missing' }] as const;
    await using server = await serving((_request, body, response) => {
      const intake = readIntake(Buffer.from(body));
      sent.push(intake);
      // Which it is too busy for at first.
      if (intake.lines.length === 0) response.statusCode = sent.length === 2 ? 503 : 200;
      const refused = intake.lines.length > 0 ? quarantined : (intake.unreadable ?? []);
      const counts = { accepted: intake.lines.length > 0 ? 1 : 0, duplicates: 0 };
      response.end(JSON.stringify({ ...counts, quarantined: refused, offset: 9 }));
    });
    const odd = { line: 10, record: 'x,"', code: 'CANNOT_BE_CONVERTED', reason: 'a quote is open' } as const;
    const intake: Intake = {
      origin: 'sales.csv',
      lines: Buffer.from('\n{"b":2}\n{"a":1}'),
      firstLine: 10,
      unreadable: [odd],
      originalOf: (line) => Buffer.from(`row ${line}`),
    };
    const remote = openRemote(plan, server.url);
    await expect(remote.accept(intake)).rejects.toMatchObject({ retryable: true });
    const { accepted, quarantined: kept } = await remote.accept({ ...intake });
    expect([accepted, kept.map(({ line }) => line)]).toEqual([1, [10, 11]]);
    const [lines, ...originals] = sent;
    expect(lines).toMatchObject({ firstLine: 10, unreadable: [], originalsFollow: true });
    const row = { ...quarantined[0], record: 'row 11', converted: '{"b":2}' };
    expect(originals.map(({ unreadable }) => unreadable)).toEqual([
      [odd, row],
      [odd, row],
    ]);
  });

  it('is asked for a report with all that the query says', async () => {
    const asked: string[] = [];
    await using server = await serving(
      defining((request, _body, response) => {
        asked.push(request.url ?? '');
        response
          .setHeaders(
            new Map([
              ['daybook-frame', '3'],
              ['daybook-total', '7'],
            ]),
          )
          .end();
      }),
    );
    const page = await openRemote(plan, server.url).query('daily_pu_rev', {
      from: '2026-03-01',
      to: '2026-03-04',
      equals: { ts_date: ['2026-03-02', '2026-03-03'] },
      sort: [
        { column: 'daily_rev', descending: true },
        { column: 'ts_date', descending: false },
      ],
      limit: 5,
    });
    const url = new URL(asked[0] ?? '', server.url);
    expect(url.pathname).toBe('/api/v1/reports/daily_pu_rev');
    expect([...url.searchParams]).toEqual([
      ['format', 'ndjson'],
      ['from', '2026-03-01'],
      ['to', '2026-03-04'],
      ['ts_date', '2026-03-02'],
      ['ts_date', '2026-03-03'],
      ['sort', '-daily_rev,ts_date'],
      ['limit', '5'],
    ]);
    expect(page).toEqual({ frame: 3, total: 7, rows: [] });
  });

  it('gives as many rows as are wanted, and says how many there are', async () => {
    await using daybook = await serveEmbedded();
    const lines = Buffer.from(mixedSales(200, { repeats: 0, seed: 1 }).join('\n'));
    await daybook.runtime.accept({ origin: 'test', lines });
    const remote = openRemote(plan, daybook.server.url);
    const { total } = await daybook.runtime.query('daily_category_product', {});
    for (const limit of [1, total - 1, 10_001]) {
      const query = { limit, offset: 1 };
      const page = await remote.query('daily_category_product', query);
      expect(page).toEqual(await daybook.runtime.query('daily_category_product', query));
      expect([page.total, page.rows.length]).toEqual([total, Math.min(limit, total - 1)]);
    }
  });

  it('explains a row whose measures are called as what is around them', async () => {
    const names = ['total', 'offset', 'line', 'id', 'partition', 'looked', 'value', 'row', 'after'];
    const measures = Object.fromEntries(names.map((name) => [name, sum('revenue')]));
    const awkward = defineReport(dailyRecords, { name: 'awkward', dimensions: ['ts_date'], measures });
    const other = makePlan({ ...daybook, reports: [awkward], dashboard: { title: 'none', tiles: [] } });
    await using served = await serveEmbedded({ plan: other });
    const accept = async (...lines: readonly string[]): Promise<unknown> =>
      served.runtime.accept({ origin: 'test', lines: Buffer.from(lines.join('\n')) });
    const sale = (day: string): string =>
      JSON.stringify({ ...plainSale, ts_id: crypto.randomUUID(), ts: `${day} 10:11:12`, ts_date: day });
    const first = sale('2026-03-04');
    await accept(first, sale('2026-03-20'));
    // One of a day that is closed by now, and a repeat.
    await accept(sale('2026-03-04'), first);
    const query = { report: 'awkward', key: { ts_date: '2026-03-04' }, limit: 10, offset: 0 };
    const { signal } = new AbortController();
    const explanation = await served.runtime.explain(query, signal);
    expect([explanation.total, explanation.duplicates.length, explanation.amendments.length]).toEqual([2, 1, 1]);
    expect(await openRemote(other, served.server.url).explain(query, signal)).toEqual(explanation);
  });

  it('gives raw records in chunks of whole lines, wherever the network cut them', async () => {
    await using server = await serving(
      defining((_request, _body, response) => {
        response.write('{"a":');
        setImmediate(() => {
          response.write('1}\n{"b":2}\n{"c"');
          setImmediate(() => response.end(':3}'));
        });
      }),
    );
    const chunks: string[] = [];
    for await (const chunk of openRemote(plan, server.url).records({ from: '2026-03-01' })) {
      chunks.push(Buffer.from(chunk).toString());
    }
    expect(chunks.join('')).toBe('{"a":1}\n{"b":2}\n{"c":3}\n');
    expect(chunks.every((chunk) => chunk.endsWith('\n'))).toBe(true);
  });

  it('fails with the code and the sentence of its answer, and says whether to try again', async () => {
    await using server = await serving((_request, _body, response) => {
      response.statusCode = 503;
      response.setHeader('content-type', 'application/problem+json');
      response.end(
        JSON.stringify({
          type: 'about:blank',
          title: 'Busy',
          status: 503,
          detail: 'Wait a second.',
          code: 'INTAKE_FULL',
        }),
      );
    });
    const accepted = openRemote(plan, server.url).accept({ origin: 'x', lines: new Uint8Array() });
    await expect(accepted).rejects.toMatchObject({ code: 'INTAKE_FULL', message: 'Wait a second.', retryable: true });
  });

  it('fails with UNREACHABLE when the Daybook goes away in the middle of an answer', async () => {
    const gone = (status: number) =>
      serving(
        defining((_request, _body, response) => {
          response.writeHead(status, { 'content-length': '100' });
          response.write('{"a":1}\n{"b"', () => response.destroy());
        }),
      );
    await using server = await gone(200);
    const remote = openRemote(plan, server.url);
    const all = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const chunk of chunks) expect(Buffer.from(chunk).toString()).toBe('{"a":1}\n');
    };
    const { signal } = new AbortController();
    await using failing = await gone(503);
    for (const ask of [
      () => remote.accept({ origin: 'x', lines: Buffer.from('{}') }),
      () => remote.query('daily_pu_rev', {}),
      () => remote.explain({ report: 'daily_pu_rev', key: { ts_date: '2026-03-04' }, limit: 1, offset: 0 }, signal),
      () => remote.quarantine({ limit: 1, offset: 0 }),
      () => remote.status(),
      () => all(remote.records({})),
      () => openRemote(plan, failing.url).status(),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
    }
  });

  it('fails with UNREACHABLE when nobody answers', async () => {
    const server = await serving(() => undefined);
    await server[Symbol.asyncDispose]();
    const status = openRemote(plan, server.url).status();
    await expect(status).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: true });
  });
});

/** The furniture store with another stream. */
function planWith(change: object): Plan {
  const stream = { ...dailyRecords, ...change };
  return makePlan({ ...daybook, stream, reports: daybook.reports.map((report) => ({ ...report, stream })) });
}

describe('a Daybook of another definition', () => {
  const fields = dailyRecords.fields;
  it.each([
    [
      'a field that it lacks',
      { fields: { ...fields, channel: textField() } },
      "field 'channel' (text) is not one of its",
    ],
    [
      'a field of another type',
      { fields: { ...fields, quantity: decimal() } },
      "field 'quantity' is decimal here and integer there",
    ],
    [
      'a field of other bounds',
      { fields: { ...fields, city: textField({ maxLength: 5 }) } },
      "field 'city' has maxLength 5 here and 1000 there",
    ],
    ['another primary key', { primaryKey: 'customer_id' }, "the primary key is 'customer_id' here and 'ts_id' there"],
    [
      'another time zone',
      { timeZone: 'Asia/Tokyo' },
      "the time zone is 'Asia/Tokyo' here and 'America/New_York' there",
    ],
  ] as const)('is sent nothing, and it is said what differs: %s', async (_, change, sentence) => {
    await using served = await serveEmbedded();
    await expect(openRemoteToSend(planWith(change), served.server.url)).rejects.toMatchObject({
      code: 'OTHER_DEFINITION',
      retryable: false,
      message: expect.stringContaining(sentence) as string,
    });
  });

  it('is asked for what is still refused, as a data folder is', async () => {
    await using served = await serveEmbedded();
    await served.runtime.accept({ origin: 'x', lines: Buffer.from('{\n[\n') });
    await served.runtime.accept({ origin: 'x', lines: Buffer.from(JSON.stringify(plainSale)), corrects: 1 });
    const query = { limit: 9, offset: 0, open: true };
    const page = await openRemote(plan, served.server.url).quarantine(query);
    expect(page.entries.map(({ id }) => id)).toEqual([2]);
    expect(page).toEqual(await served.runtime.quarantine(query));
  });

  it('is sent records where other reports, another dashboard or lateness are all that differs', async () => {
    await using served = await serveEmbedded();
    const other = { ...planWith({ latenessDays: 3 }), reports: [] };
    const remote = await openRemoteToSend(other, served.server.url);
    const { quarantined } = await remote.accept({ origin: 'x', lines: Buffer.from('{') });
    expect(quarantined).toHaveLength(1);
  });

  it.each([
    [
      'another time zone',
      { timeZone: 'Asia/Tokyo' },
      "the time zone is 'Asia/Tokyo' here and 'America/New_York' there",
    ],
    ['another field', { fields: { ...fields, channel: textField() } }, "field 'channel' (text) is not one of its"],
  ] as const)('gives no rows and no records, which would be cut otherwise: %s', async (_, change, sentence) => {
    await using served = await serveEmbedded();
    const remote = openRemote(planWith(change), served.server.url);
    const { signal } = new AbortController();
    for (const read of [
      () => remote.query('daily_pu_rev', {}),
      () => remote.explain({ report: 'daily_pu_rev', key: { ts_date: '2026-03-04' }, limit: 1, offset: 0 }, signal),
      () => remote.records({})[Symbol.asyncIterator]().next(),
    ]) {
      const message = expect.stringMatching(new RegExp(`${RegExp.escape(sentence)}.* Nothing was read\\.`)) as string;
      await expect(read()).rejects.toMatchObject({ code: 'OTHER_DEFINITION', retryable: false, message });
    }
    // What needs no definition goes on.
    expect((await remote.status()).accepted).toBe(0);
  });

  it.each([
    ['name', { name: 'daily_sales' }, "report 'daily_sales' is not one of its; if it is new"],
    [
      'measures',
      { measures: { daily_pu: count(), profit: sum('profit') } },
      "report 'daily_pu_rev' has daily_pu = count(), profit = sum(profit) here and daily_pu = countDistinct(customer_id), " +
        'daily_rev = sum(revenue), daily_profit = sum(profit) there',
    ],
    [
      'dimensions',
      { dimensions: ['ts_date', 'segment'] },
      "report 'daily_pu_rev' has segment here and no such column there",
    ],
    [
      'condition',
      { where: { segment: ['Home Office', 'a, b'] } },
      `report 'daily_pu_rev' counts records with segment in "Home Office", "a, b" here and every record there`,
    ],
  ] as const)('gives no rows of a report of other %s, but those of the others', async (_, change, sentence) => {
    await using served = await serveEmbedded();
    const [changed, ...rest] = daybook.reports;
    const own = { ...changed, ...change } as Report;
    const reports = [own, ...rest];
    const remote = openRemote(
      makePlan({ ...daybook, reports, dashboard: { title: 'none', tiles: [] } }),
      served.server.url,
    );
    const message = expect.stringContaining(sentence) as string;
    await expect(remote.query(own.name, {})).rejects.toMatchObject({ code: 'OTHER_DEFINITION', message });
    expect((await remote.query('daily_address', {})).rows).toEqual([]);
  });

  it('is the same with a condition and its values in another order', () => {
    const planOf = (where: Report['where']): Plan => {
      const [first, ...rest] = daybook.reports;
      return makePlan({ ...daybook, reports: [{ ...first, where } as Report, ...rest] });
    };
    const [here, there] = [
      planOf({ city: ['x', 'y'], quantity: { atLeast: 2, below: 9 } }),
      planOf({ quantity: { below: 9, atLeast: 2 }, city: ['y', 'x', 'y'] }),
    ];
    const running = { stream: streamInfo(there.stream), reports: there.reports.map(reportInfo) };
    const report = 'daily_pu_rev';
    expect(() => checkSameDefinition(here, running, { url: 'http://x', done: 'read', report })).not.toThrow();
  });

  it('is asked again for its definition when it did not answer at first', async () => {
    let asked = 0;
    await using server = await serving((request, _body, response) => {
      const isDefinition = request.url === '/api/v1/reports';
      if (isDefinition) asked++;
      if (isDefinition && asked === 1) response.statusCode = 503;
      response.setHeader('daybook-frame', 1);
      response.setHeader('daybook-total', 0);
      response.end(isDefinition ? JSON.stringify({ stream: streamInfo(plan.stream) }) : '');
    });
    const remote = openRemote({ ...plan, reports: [] }, server.url);
    await expect(remote.query('daily_pu_rev', { limit: 1 })).rejects.toMatchObject({ retryable: true });
    expect(await remote.query('daily_pu_rev', { limit: 1 })).toMatchObject({ frame: 1 });
    await remote.query('daily_pu_rev', { limit: 1 });
    expect(asked).toBe(2);
  });

  it('that is older and does not say how many rows there are is not asked for them', async () => {
    await using server = await serving((request, _body, response) => {
      response.setHeader('daybook-frame', 1);
      response.end(request.url === '/api/v1/reports' ? JSON.stringify({ stream: streamInfo(plan.stream) }) : '');
    });
    const remote = openRemote({ ...plan, reports: [] }, server.url);
    await expect(remote.query('daily_pu_rev', { limit: 1 })).rejects.toMatchObject({ code: 'OTHER_VERSION' });
  });

  it('that is older is taken at what it says', async () => {
    const { schema: _, timeZone: _zone, ...older } = streamInfo(plan.stream);
    await using server = await serving((_request, _body, response) => {
      response.end(JSON.stringify({ stream: older }));
    });
    await openRemoteToSend(plan, server.url);
    const other = openRemoteToSend(planWith({ fields: { ...fields, channel: textField() } }), server.url);
    await expect(other).rejects.toMatchObject({ code: 'OTHER_DEFINITION' });
  });
});
