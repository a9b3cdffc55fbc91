import type { ColumnPlan, Plan, ReportPlan } from '../../plan/plan.ts';
import type { Json } from '../../base/json.ts';
import { answer, answers, parameter, problem, PROBLEM_ANSWERS, ref } from './parts.ts';

const LIMIT_MAX = 10_000;
const FORMAT_TEXT =
  "What the rows are printed as; spreadsheet is CSV behind a byte order mark, with ' before texts that begin as a formula does.";

/** The definition, and each report's rows. */
export function reportPaths(plan: Plan, prefix: string): Readonly<Record<string, Json>> {
  return {
    [`${prefix}/reports`]: {
      get: {
        summary: 'What reports there are, and the dashboard.',
        responses: answers(answer(200, 'The definition', ref('Definition'))),
      },
    },
    ...Object.fromEntries(
      plan.reports.flatMap((report) => [
        [`${prefix}/reports/${report.name}`, { get: getReport(report) }],
        [`${prefix}/reports/${report.name}/totals`, { get: getTotals(report) }],
        [`${prefix}/reports/${report.name}/records`, { get: getRecords(report) }],
      ]),
    ),
    [`${prefix}/reports/{name}`]: {
      get: {
        summary: 'Any other name is no report.',
        parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
        responses: answers(PROBLEM_ANSWERS[404]),
      },
    },
  };
}

/** Each report's row, and its page of rows. */
export function reportSchemas(plan: Plan): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    plan.reports.flatMap((report) => [
      [rowName(report), rowSchema(report)],
      [pageName(report), pageSchema(report)],
      [`${report.name}_totals`, totalsSchema(report)],
      [`${report.name}_explanation`, explanationSchema(report)],
    ]),
  );
}

function rowName(report: ReportPlan): string {
  return `${report.name}_row`;
}

function pageName(report: ReportPlan): string {
  return `${report.name}_page`;
}

function rowSchema(report: ReportPlan): Json {
  return {
    type: 'object',
    description: report.title,
    properties: Object.fromEntries(report.columns.map((column) => [column.name, columnSchema(column)])),
    required: report.columns.map((column) => column.name),
    additionalProperties: false,
  };
}

function columnSchema({ kind, nullable }: ColumnPlan): Json {
  const value =
    kind === 'date'
      ? { type: 'string', format: 'date' }
      : { type: kind === 'text' ? 'string' : kind === 'integer' ? 'integer' : 'number' };
  return nullable ? { anyOf: [value, { type: 'null' }] } : value;
}

const FRAME = { type: 'integer', description: 'The offset that all rows are as of.' };
const TOTAL = { type: 'integer', description: 'Rows that match, before limit and offset.' };
/** For the formats that have no place for these. */
const HEADERS: Json = {
  'Daybook-Frame': { description: FRAME.description, schema: { type: 'integer' } },
  'Daybook-Total': { description: TOTAL.description, schema: { type: 'integer' } },
};

function pageSchema(report: ReportPlan): Json {
  return {
    type: 'object',
    properties: {
      frame: FRAME,
      total: TOTAL,
      rows: { type: 'array', items: ref(rowName(report)) },
      extent: EXTENT,
    },
    required: ['frame', 'total', 'rows'],
    additionalProperties: false,
  };
}

const EXTENT: Json = {
  type: 'object',
  description:
    'The least and the greatest value among all that match, as floats: for scales alone, as their last digits may be lost.',
  properties: { min: { type: 'number' }, max: { type: 'number' } },
  required: ['min', 'max'],
  additionalProperties: false,
};

function totalsSchema(report: ReportPlan): Json {
  const day = { type: 'string', format: 'date' };
  const columns = report.columns.map((column) => [column.name, columnSchema(column)] as const);
  return {
    type: 'object',
    properties: {
      frame: { type: 'integer' },
      total: { type: 'integer' },
      rows: {
        type: 'array',
        items: { type: 'object', properties: Object.fromEntries(columns), additionalProperties: false },
      },
      extent: EXTENT,
      trends: { type: 'array', items: { type: 'array', items: { type: 'number' } } },
      days: {
        anyOf: [
          {
            type: 'object',
            properties: { from: day, to: day },
            required: ['from', 'to'],
            additionalProperties: false,
          },
          { type: 'null' },
        ],
      },
      isWhole: { type: 'boolean' },
    },
    required: ['frame', 'total', 'rows', 'trends', 'days', 'isWhole'],
    additionalProperties: false,
  };
}

function explanationSchema(report: ReportPlan): Json {
  const row = { anyOf: [ref(rowName(report)), { type: 'null' }] };
  const whole = { type: 'integer', minimum: 0 };
  return {
    type: 'object',
    properties: {
      frame: whole,
      row,
      computed: { ...row, description: 'The same row, computed of its records alone.' },
      waiting: {
        ...whole,
        description:
          'Where the two differ: how many records of the day came late, as it was closed, and wait until it is computed again.',
      },
      total: { ...whole, description: 'How many records it is made of.' },
      records: { type: 'array', items: ref('TopicRecord') },
      duplicates: { type: 'array', items: ref('Duplicate') },
      amendments: { type: 'array', items: ref('Amendment') },
      looked: { ...whole, description: 'How many records had to be looked at.' },
    },
    required: ['frame', 'row', 'computed', 'waiting', 'total', 'records', 'duplicates', 'amendments', 'looked'],
    additionalProperties: false,
  };
}

/** What says which rows count. */
function selection(report: ReportPlan): readonly Json[] {
  const day = { type: 'string', format: 'date' };
  return [
    parameter('from', day, 'The first day.'),
    parameter('to', day, 'The last day; it counts.'),
    ...report.dimensions.map((field) => ({
      ...(parameter(
        field.name,
        { type: 'array', items: { type: 'string' } },
        'Only rows with this value, or one of these; empty is null, "" an empty text.',
      ) as object),
      style: 'form',
      explode: true,
    })),
    parameter('search', { type: 'string' }, 'Only rows of which a text holds this, upper and lower case alike.'),
  ];
}

function getTotals(report: ReportPlan): Json {
  return {
    summary: `${report.title}, summed up by some dimensions.`,
    parameters: [
      ...selection(report),
      parameter(
        'by',
        { type: 'string' },
        `Dimensions with commas between: ${report.dimensions.map(({ name }) => name).join(', ')}.`,
      ),
      parameter('measure', { type: 'string' }, 'A sum or a count; values of a count of different things are added up.'),
      parameter(
        'trend',
        { enum: ['true', 'false'], default: 'false' },
        'Whether each row comes with its values by day.',
      ),
      parameter('sort', { type: 'string' }, 'Some of these columns, descending with a minus before.'),
      parameter('limit', { type: 'integer', minimum: 0 }, 'How many rows.'),
      parameter('offset', { type: 'integer', minimum: 0, default: 0 }, 'After how many rows.'),
      parameter('format', { type: 'string', enum: ['json', 'csv', 'spreadsheet'], default: 'json' }, FORMAT_TEXT),
    ],
    responses: answers(
      {
        200: {
          description: 'The totals',
          headers: HEADERS,
          content: {
            'application/json': { schema: ref(`${report.name}_totals`) },
            'text/csv': { schema: { type: 'string' } },
          },
        },
      },
      PROBLEM_ANSWERS[400],
    ),
  };
}

function getRecords(report: ReportPlan): Json {
  return {
    summary: `The records that a row is made of: ${report.title}`,
    parameters: [
      ...report.dimensions.map(({ name }) => ({
        ...(parameter(name, { type: 'string' }, 'Of the row; empty for null, "" for an empty text.') as object),
        required: true,
      })),
      parameter('limit', { type: 'integer', minimum: 0, maximum: LIMIT_MAX, default: 100 }, 'How many are listed.'),
      parameter('offset', { type: 'integer', minimum: 0, default: 0 }, 'After how many.'),
    ],
    responses: answers(answer(200, 'The records', ref(`${report.name}_explanation`)), PROBLEM_ANSWERS[400]),
  };
}

function getReport(report: ReportPlan): Json {
  const columns = report.columns.map((column) => column.name).join(', ');
  return {
    summary: report.title,
    parameters: [
      ...selection(report),
      parameter('extent', { type: 'string' }, 'A measure of which the least and the greatest value are wanted.'),
      parameter(
        'sort',
        { type: 'string' },
        `Columns with commas between, descending with a minus before: ${columns}. The newest day first unless told.`,
      ),
      parameter(
        'limit',
        { type: 'integer', minimum: 0 },
        `How many rows; in JSON 100 unless told, at most ${LIMIT_MAX}; else all.`,
      ),
      parameter('offset', { type: 'integer', minimum: 0, default: 0 }, 'After how many rows.'),
      parameter(
        'frame',
        { type: 'integer', minimum: 0 },
        'The frame of the first page, for those behind it: answered 409 when the reports are of another one, as rows may ' +
          'then be there twice or on no page. Begin again, or read all rows at once with format ndjson.',
      ),
      parameter(
        'format',
        { type: 'string', enum: ['json', 'csv', 'spreadsheet', 'ndjson'], default: 'json' },
        FORMAT_TEXT,
      ),
    ],
    responses: answers(
      { 200: rowsAnswer(report) },
      PROBLEM_ANSWERS[400],
      problem(409, 'The reports are of another frame than was asked for.'),
    ),
  };
}

function rowsAnswer(report: ReportPlan): Json {
  return {
    description: 'The rows',
    headers: HEADERS,
    content: {
      'application/json': { schema: ref(pageName(report)) },
      'text/csv': {
        schema: { type: 'string', description: 'RFC 4180; null is an empty cell, an empty text one in quotes.' },
      },
      'application/x-ndjson': { schema: ref(rowName(report)) },
    },
  };
}
