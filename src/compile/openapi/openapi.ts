import type { Plan } from '../../plan/plan.ts';
import { ANSWER_SCHEMAS, REQUEST_SCHEMAS } from './answers.ts';
import type { Json } from '../../base/json.ts';
import { answer, answers, parameter, PROBLEM_ANSWERS, ref } from './parts.ts';
import { recordSchema } from './record-schema.ts';
import { reportPaths, reportSchemas } from './reports.ts';
import { topicPaths } from './topics.ts';

const PREFIX = '/api/v1';

/**
 * The API as an OpenAPI 3.1 document. Each report has a path of its own, so that its columns and filters are exact.
 * Source: OpenAPI Specification 3.1.1.
 */
export function openApi(plan: Plan): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: plan.dashboard.title,
      description: `Records of the stream ${plan.stream.name} in, exact live reports out.`,
      version: '1',
    },
    paths: {
      [`${PREFIX}/records`]: { post: postRecords(plan), get: getRecords(plan) },
      ...reportPaths(plan, PREFIX),
      [`${PREFIX}/frames`]: { get: getFrames() },
      [`${PREFIX}/quarantine`]: {
        get: list('Quarantine', 'Records that were refused, newest first, with the reasons.', [
          parameter('open', { type: 'boolean', default: false }, 'Only those that nobody has put right.'),
          parameter('id', { type: 'integer', minimum: 1 }, 'This entry alone, whole; with no other parameter.'),
        ]),
      },
      [`${PREFIX}/amendments`]: {
        get: list(
          'Amendments',
          `What changed in days further than ${plan.stream.latenessDays} days behind the newest, newest first.`,
        ),
      },
      [`${PREFIX}/pipeline`]: {
        get: { summary: 'What the parts are doing.', responses: answers(answer(200, 'The figures', ref('Pipeline'))) },
      },
      [`${PREFIX}/pipeline/details`]: {
        get: {
          summary: 'How the parts have been doing in the last minutes, and what they keep.',
          responses: answers(answer(200, 'The details', ref('PipelineDetails'))),
        },
      },
      [`${PREFIX}/duplicates`]: {
        get: list(
          'Duplicates',
          'Records that were left out as repeats since the start, newest first, as far as they are kept.',
        ),
      },
      ...topicPaths(PREFIX),
      [`${PREFIX}/openapi.json`]: {
        get: { summary: 'This document.', responses: answers(answer(200, 'The document', { type: 'object' })) },
      },
      '/healthz': {
        get: { summary: 'Whether the process answers.', responses: answers(answer(200, 'It does', ref('Health'))) },
      },
      '/readyz': {
        get: {
          summary: 'Whether records can be accepted.',
          responses: answers(answer(200, 'They can', ref('Health')), PROBLEM_ANSWERS[503]),
        },
      },
      '/metrics': {
        get: {
          summary: 'Figures in the Prometheus text format.',
          responses: { 200: { description: 'The figures', content: { 'text/plain': { schema: { type: 'string' } } } } },
        },
      },
    },
    components: {
      schemas: { Record: recordSchema(plan.stream), ...REQUEST_SCHEMAS, ...ANSWER_SCHEMAS, ...reportSchemas(plan) },
    },
  };
}

function postRecords({ stream }: Plan): Json {
  const lines = { type: 'string', description: 'A record a line.' };
  const intake = {
    type: 'string',
    description:
      'A batch with all that its source knows of it. The first line is an IntakeHead in JSON. The unreadable ' +
      'records follow, which go to the quarantine as they are: one behind the other, each as long as its bytes say, ' +
      'with nothing between or behind them. All the rest is a record a line. A source that made the records of something ' +
      'else, such as rows of a table, has originalsFollow, and sends what the refused ones were made of as unreadable.',
  };
  return {
    summary: 'Accepts records and answers once they are durable.',
    description: `A record whose ${stream.primaryKey.name} was accepted before is a duplicate: it is counted and changes nothing.`,
    parameters: [
      { name: 'Content-Encoding', in: 'header', schema: { type: 'string', enum: ['gzip', 'x-gzip', 'identity'] } },
      parameter(
        'corrects',
        { type: 'integer', minimum: 1 },
        'The id of the quarantine’s entry that the record puts right; it is marked once the record is durable. A record ' +
          'that is refused again is told in the answer’s quarantined, and is no further entry. Once one was accepted, one of ' +
          'another key is answered 409, as is one whose key is that of another counted record: nothing was put right.',
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { oneOf: [ref('Record'), { type: 'array', items: ref('Record') }] } },
        'application/x-ndjson': { schema: lines },
        'application/jsonl': { schema: lines },
        'application/vnd.daybook.intake': { schema: intake },
      },
    },
    responses: answers(
      answer(200, 'What became of them', ref('Acceptance')),
      PROBLEM_ANSWERS[400],
      PROBLEM_ANSWERS[403],
      PROBLEM_ANSWERS[408],
      PROBLEM_ANSWERS[409],
      PROBLEM_ANSWERS[413],
      PROBLEM_ANSWERS[415],
      PROBLEM_ANSWERS[503],
    ),
  };
}

function getRecords({ stream }: Plan): Json {
  return {
    summary: 'Accepted records as they came, in log order.',
    parameters: [
      parameter('from', { type: 'string', format: 'date' }, `The first ${stream.businessDate.name}.`),
      parameter('to', { type: 'string', format: 'date' }, `The last ${stream.businessDate.name}; it counts.`),
    ],
    responses: answers(answer(200, 'A record a line', ref('Record'), ['application/x-ndjson']), PROBLEM_ANSWERS[400]),
  };
}

function getFrames(): Json {
  return {
    summary: 'Server-sent events named frame: what changed in the reports, at most about 20 a second.',
    description:
      'The first one says where the reports are; the id of each is its offset. Rows are absolute values. With views, the ' +
      'events are named views instead: each has the answers that may have changed, all of them as of its frame; the first ' +
      'has all. Views that can no longer be answered end with an event named problem, whose detail says why. Every ten ' +
      'seconds an event named alive, without data, tells a silent connection from a lost one.',
    parameters: [
      parameter(
        'views',
        { type: 'string' },
        'Questions as a JSON array: id, kind (rows or totals), report, from, to, search, equals, sort, limit, offset; of ' +
          'rows extent; of totals by, measure, trend, since.',
      ),
      parameter('run', { type: 'string' }, 'The run of the server, as its events name it, that since is of.'),
    ],
    responses: answers(
      answer(200, 'The data of each event', ref('Frame'), ['text/event-stream']),
      PROBLEM_ANSWERS[400],
      PROBLEM_ANSWERS[404],
    ),
  };
}

function list(schema: string, summary: string, parameters: readonly Json[] = []): Json {
  return {
    summary,
    parameters: [
      parameter('limit', { type: 'integer', minimum: 0, maximum: 1000, default: 100 }, 'How many.'),
      parameter('offset', { type: 'integer', minimum: 0, default: 0 }, 'After how many.'),
      ...parameters,
    ],
    responses: answers(answer(200, 'A page', ref(schema)), PROBLEM_ANSWERS[400]),
  };
}
