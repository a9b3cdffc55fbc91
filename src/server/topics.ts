import type { FastifyInstance, FastifyReply } from 'fastify';
import type { TopicChunk, TopicReading } from '../ports/topics.ts';
import { DaybookError } from '../base/errors.ts';
import { beginEvents } from './event-stream.ts';
import { goneSignal, refuseCutShort } from './gone.ts';
import type { Parameters } from './parameters.ts';
import { parametersOf, single, whole, word } from './parameters.ts';
import type { TopicRecordsAnswer } from './protocol.ts';
import { problemEvent } from './problems.ts';
import { rowPrinter } from './row-text.ts';
import type { RouteContext } from './server.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
const PARAMETERS = ['partition', 'offset', 'time', 'before', 'limit', 'field', 'test', 'value', 'stream', 'follow'];
const TESTS = ['is', 'contains', 'above', 'below'] as const;

/**
 * `GET /api/v1/topics` says what there is; `/topics/{t}/records` gives records by offset, by time, from the newest on and by a
 * field's value, with `stream=true` as server-sent events while they are looked for, with `follow=true` those that come.
 */
export function addTopics(app: FastifyInstance, { runtime, closing }: RouteContext): void {
  app.get('/api/v1/topics', async (request) => {
    parametersOf(request.query, []);
    return { topics: await runtime.topics() };
  });

  app.get<{ Params: { topic: string } }>('/api/v1/topics/:topic/records', async (request, reply) => {
    const parameters = parametersOf(request.query, PARAMETERS);
    const { topic } = request.params;
    const signal = goneSignal(reply, closing);
    if (isTrue(parameters, 'follow')) {
      if (parameters.size > 1)
        throw new DaybookError('BAD_QUERY', `'follow' gives all that comes, and goes with nothing else.`);
      await streamEvents(reply, 'tail', runtime.followTopic(topic, signal), signal);
      return;
    }
    const chunks = runtime.readTopic(topic, readingOf(parameters), signal);
    if (!isTrue(parameters, 'stream')) {
      const answer = await wholeOf(chunks);
      refuseCutShort(signal);
      return answer;
    }
    await streamEvents(reply, 'chunk', answersOf(chunks), signal);
    return;
  });

  const printers = new Map(runtime.plan.reports.map((report) => [report.name, rowPrinter(report)]));
  app.get<{ Params: { topic: string; offset: string } }>(
    '/api/v1/topics/:topic/records/:offset',
    async (request, reply) => {
      const parameters = parametersOf({ ...(request.query as object), offset: request.params.offset }, [
        'partition',
        'offset',
      ]);
      const offset = whole(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0;
      const partition = whole(parameters, 'partition', 0, Number.MAX_SAFE_INTEGER) ?? 0;
      const { record, rows } = await runtime.topicRecord(request.params.topic, partition, offset);
      const texts = rows.map(({ report, row }) => {
        const print = printers.get(report) ?? JSON.stringify;
        return `{"report":${JSON.stringify(report)},"row":${print(row)}}`;
      });
      return reply.type('application/json').send(`{"record":${JSON.stringify(record)},"rows":[${texts.join(',')}]}`);
    },
  );
}

function isTrue(parameters: Parameters, name: string): boolean {
  return word(parameters, name, ['true', 'false']) === 'true';
}

function readingOf(parameters: Parameters): TopicReading {
  const partition = whole(parameters, 'partition', 0, Number.MAX_SAFE_INTEGER);
  const field = single(parameters, 'field');
  const value = single(parameters, 'value');
  if (field !== undefined && value === undefined) {
    throw new DaybookError('BAD_QUERY', `'field' is '${field}', but there is no 'value' that it is compared with.`);
  }
  if (field === undefined && (value !== undefined || parameters.has('test'))) {
    throw new DaybookError('BAD_QUERY', "'test' and 'value' are of a field, but there is no 'field' that says which.");
  }
  const filter = field === undefined ? undefined : { field, test: word(parameters, 'test', TESTS) ?? 'is', value };
  return {
    from: beginningOf(parameters),
    limit: whole(parameters, 'limit', 1, LIMIT_MAX) ?? LIMIT_DEFAULT,
    ...(partition !== undefined && { partition }),
    ...(filter !== undefined && { filter: { ...filter, value: value ?? '' } }),
  };
}

function beginningOf(parameters: Parameters): TopicReading['from'] {
  const [one, other] = ['offset', 'time', 'before'].filter((name) => parameters.has(name));
  if (other !== undefined) {
    throw new DaybookError('BAD_QUERY', `'${one}' and '${other}' both say where to begin; give one of them.`);
  }
  const time = single(parameters, 'time');
  if (time !== undefined) return { time };
  const before = single(parameters, 'before');
  if (before === 'end') return { before: undefined };
  if (before !== undefined) return { before: offsetsOf('before', before, "'end', or an offset") };
  const offsets = offsetsOf('offset', single(parameters, 'offset') ?? '0', 'an offset');
  return offsets.length > 1 ? { offsets } : { offset: offsets[0] ?? 0 };
}

function offsetsOf(name: string, value: string, otherwise: string): readonly number[] {
  const offsets = value.split(',').map((text) => (/^\d+$/.test(text) ? Number(text) : NaN));
  if (offsets.every(Number.isSafeInteger)) return offsets;
  const message = `'${name}' is '${value}'; it must be ${otherwise}, or one for each partition, as in 120,131.`;
  throw new DaybookError('BAD_QUERY', message);
}

async function wholeOf(chunks: AsyncIterable<TopicChunk>): Promise<TopicRecordsAnswer> {
  let all: TopicRecordsAnswer = { records: [], scanned: 0, of: 0, nextOffset: null };
  for await (const answer of answersOf(chunks)) all = { ...answer, records: [...all.records, ...answer.records] };
  return all;
}

async function* answersOf(chunks: AsyncIterable<TopicChunk>): AsyncGenerator<TopicRecordsAnswer> {
  for await (const { nextOffset = null, nextOffsets, nextBefore, ...chunk } of chunks) {
    const each = { nextOffsets: nextOffsets?.join(','), nextBefore: nextBefore?.join(',') };
    // What is undefined is left out of JSON, which is what the protocol says.
    yield { ...chunk, nextOffset, ...each } as TopicRecordsAnswer;
  }
}

/**
 * Sends each as an event and then one named `end`, after which nobody need connect again; a failure is an event as well.
 * What the signal cuts short ends without it.
 */
async function streamEvents(
  reply: FastifyReply,
  name: string,
  events: AsyncIterable<object>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  // What is wrong with the question is answered as a problem, before the answer is a stream.
  let next = await iterator.next();
  const stream = beginEvents(reply);
  try {
    while (next.done !== true && !stream.isOver) {
      if (!stream.send(`event: ${name}\ndata: ${JSON.stringify(next.value)}\n\n`)) await drained(reply);
      next = await iterator.next();
    }
    if (!signal.aborted) stream.send('event: end\ndata: {}\n\n');
  } catch (error) {
    if (!(error instanceof DaybookError)) reply.log.error({ err: error }, 'a stream failed');
    stream.send(problemEvent(error));
  } finally {
    await iterator.return?.();
    stream.end();
  }
}

function drained({ raw }: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    raw.once('drain', resolve);
    raw.once('close', resolve);
  });
}
