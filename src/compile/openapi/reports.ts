import type { ColumnPlan, Plan, ReportPlan } from '../../plan/plan.ts';
import type { Json } from './json.ts';
import { answer, answers, parameter, PROBLEM_ANSWERS, ref } from './parts.ts';

const LIMIT_MAX = 10_000;

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
      plan.reports.map((report) => [`${prefix}/reports/${report.name}`, { get: getReport(report) }]),
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

function pageSchema(report: ReportPlan): Json {
  return {
    type: 'object',
    properties: {
      frame: { type: 'integer', description: 'The offset that all rows are as of.' },
      total: { type: 'integer', description: 'Rows that match, before limit and offset.' },
      rows: { type: 'array', items: ref(rowName(report)) },
    },
    required: ['frame', 'total', 'rows'],
    additionalProperties: false,
  };
}

function getReport(report: ReportPlan): Json {
  const day = { type: 'string', format: 'date' };
  const columns = report.columns.map((column) => column.name).join(', ');
  const filters = report.dimensions.map((field) => ({
    ...(parameter(
      field.name,
      { type: 'array', items: { type: 'string' } },
      'Only rows with this value, or one of these.',
    ) as object),
    style: 'form',
    explode: true,
  }));
  return {
    summary: report.title,
    parameters: [
      parameter('from', day, 'The first day.'),
      parameter('to', day, 'The last day; it counts.'),
      ...filters,
      parameter('search', { type: 'string' }, 'Only rows of which a text holds this, upper and lower case alike.'),
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
        'format',
        { type: 'string', enum: ['json', 'csv', 'ndjson'], default: 'json' },
        'What the rows are printed as.',
      ),
    ],
    responses: answers({ 200: rowsAnswer(report) }, PROBLEM_ANSWERS[400]),
  };
}

function rowsAnswer(report: ReportPlan): Json {
  return {
    description: 'The rows',
    headers: { 'Daybook-Frame': { description: 'The offset that all rows are as of.', schema: { type: 'integer' } } },
    content: {
      'application/json': { schema: ref(pageName(report)) },
      'text/csv': { schema: { type: 'string', description: 'RFC 4180; null is an empty cell.' } },
      'application/x-ndjson': { schema: ref(rowName(report)) },
    },
  };
}
