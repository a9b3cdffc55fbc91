import { Admin } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { kafkaTopics } from '../../src/compile/kafka/topics.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { PipelineAnswer, PipelineDetailsAnswer, TopicsAnswer } from '../../src/server/protocol.ts';
import { readSale, reportsOf, rowsOfAnswer } from '../oracle/furniture-store.ts';
import { runDaybook } from '../process/daybook-process.ts';
import { expectReports, post, readReport } from '../process/reports-over-http.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { StackProcess } from './processes.ts';
import { readyUrl, startProcess } from './processes.ts';
import { openFeeder } from './report-feeder.ts';
import { tellLateDay } from './report-topics.ts';
import { startServers } from './servers.ts';
import { apply } from './stores.ts';

const plan = makePlan(daybook);
const TOPICS = kafkaTopics(plan).map(({ name }) => name);
const PATIENT = { interval: 200 };
const GONE = /there is no such topic\. Make the topics with daybook apply --target kafka/;

/** A reader of frames that keeps what it is told of the report of days, and reads all of it when it is told to. */
interface FrameReader {
  readonly frames: number[];
  readonly rows: () => Promise<ReturnType<typeof rowsOfAnswer>>;
}

async function readFrames(url: string, signal: AbortSignal): Promise<FrameReader> {
  const frames: number[] = [];
  const byDay = new Map<string, string>();
  let whole: Promise<unknown> = Promise.resolve();
  const take = async (data: string): Promise<void> => {
    const report = /\{"name":"daily_pu_rev","rows":(null|\[.*?\])\}/.exec(data)?.[1];
    if (report === undefined) return;
    if (report !== 'null') {
      for (const row of rowsOfAnswer(`{"rows":${report}}`)) byDay.set(row['ts_date'] ?? '', JSON.stringify(row));
      return;
    }
    const all = await readReport(url, 'daily_pu_rev');
    byDay.clear();
    for (const row of all) byDay.set(row['ts_date'] ?? '', JSON.stringify(row));
  };
  const { body } = await fetch(`${url}/api/v1/frames`, { signal });
  const follow = async (): Promise<void> => {
    let text = '';
    for await (const part of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += part;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (\{.*\})$/m.exec(event)?.[1];
        if (data === undefined) continue;
        frames.push((JSON.parse(data) as { frame: number }).frame);
        whole = whole.then(() => take(data));
      }
    }
  };
  void follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    frames,
    rows: async () => {
      await whole;
      return [...byDay]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, row]) => JSON.parse(row) as Record<string, string>);
    },
  };
}

test('pages that are served while all topics are made anew show what the new ones hold, and nothing of the old', async () => {
  await using servers = await startServers(['kafka', 'postgres', 'cassandra']);
  const { kafka, postgres, cassandra } = servers.at;
  const environment = { DAYBOOK_KAFKA: kafka, DAYBOOK_POSTGRES: postgres, DAYBOOK_CASSANDRA: cassandra };
  await apply(environment, 'kafka', 'postgres', 'cassandra');
  await using open = new AsyncDisposableStack();
  const start = (...args: readonly string[]): StackProcess => open.use(startProcess(args, environment));
  const admin = open.adopt(new Admin({ bootstrapBrokers: [kafka], clientId: 'test' }), (each) => each.close());
  const url = await readyUrl(start('serve', '--port', '0'));
  const leaving = new AbortController();
  open.defer(() => leaving.abort());
  const listener = await readFrames(url, leaving.signal);
  const trouble = async (): Promise<string | null> =>
    ((await (await fetch(`${url}/api/v1/pipeline`)).json()) as PipelineAnswer).trouble;
  const lateDays = async (): Promise<readonly string[]> => {
    const answer = await fetch(`${url}/api/v1/pipeline/details`);
    return answer.ok
      ? ((await answer.json()) as PipelineDetailsAnswer).lateDays.map(({ day }) => day)
      : [await answer.text()];
  };

  for (const [time, { count, isSlow }] of [
    { count: 600, isSlow: true },
    { count: 900, isSlow: false },
    // Fewer than there were before.
    { count: 200, isSlow: true },
  ].entries()) {
    const sink = start('sink', 'postgres');
    const feeding = await openFeeder(plan, kafka);
    feeding.follow();
    const sales = mixedSales(count, { repeats: 0.05, seed: 30 + time, days: 20 });
    for (let at = 0; at < sales.length; at += 50) {
      const some = sales.slice(at, at + 50);
      await expect
        .poll(() => post(url, some), PATIENT)
        .toMatchObject({ status: 200, answer: { accepted: some.length } });
    }
    const days = reportsOf(sales.map(readSale))['daily_pu_rev'];
    await expect.poll(() => listener.rows(), PATIENT).toEqual(days);
    await expectReports(url, sales);
    expect(await trouble()).toBeNull();
    const lateDay = `2026-03-0${1 + time}`;
    await tellLateDay(plan, kafka, { day: lateDay, seen: 5, kept: 3, frame: feeding.frame });
    await expect.poll(lateDays, PATIENT).toEqual([lateDay]);
    const { topics } = (await (await fetch(`${url}/api/v1/topics`)).json()) as TopicsAnswer;
    expect(topics.find(({ name }) => name === plan.stream.name)?.records).toBe(count);

    await feeding[Symbol.asyncDispose]();
    if (!isSlow) expect(await sink.stop(), sink.text()).toBe(0);
    await admin.deleteTopics({ topics: TOPICS });
    if (isSlow) {
      await expect.poll(trouble, PATIENT).toMatch(GONE);
      expect(await post(url, sales.slice(0, 1))).toMatchObject({ status: 503, answer: { code: 'TOPIC_MISSING' } });
      expect(await sink.ended, sink.text()).toBe(1);
      expect(sink.text()).toMatch(GONE);
    }
    // A topic is gone a moment after it was deleted.
    const made = async (): Promise<number> => {
      const { code } = await runDaybook(['apply', '--target', 'kafka'], '', environment);
      const now = await admin.listTopics();
      return code === 0 ? TOPICS.filter((name) => now.includes(name)).length : 0;
    };
    await expect.poll(made, PATIENT).toBe(TOPICS.length);
    const drop = plan.reports.flatMap(({ name }) => ['--drop', name]);
    expect(await runDaybook(['apply', '--target', 'postgres', ...drop], '', environment)).toMatchObject({ code: 0 });
  }
  expect(listener.frames).toEqual(listener.frames.toSorted((a, b) => a - b));
});
