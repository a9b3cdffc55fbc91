import type { FastifyInstance, FastifyReply } from 'fastify';
import { present } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { Plan, ReportPlan } from '../plan/plan.ts';
import { reportNamed } from '../plan/query-names.ts';
import { ROWS_PARAMETERS, TOTALS_PARAMETERS } from '../plan/shared-names.ts';
import type { ReportPage, ReportQuery } from '../ports/rows.ts';
import type { Parameters } from './parameters.ts';
import { daysOf, parametersOf, single, whole, word } from './parameters.ts';
import type { DefinitionAnswer } from './protocol.ts';
import { reportInfo } from './report-info.ts';
import { answerText, csvTable, rowPrinter, spreadsheetTable, totalsColumns } from './row-text.ts';
import type { RouteContext } from './server.ts';
import { streamInfo } from './stream-info.ts';

const FORMATS = ['json', 'csv', 'spreadsheet', 'ndjson'] as const;
const TOTALS_FORMATS = ['json', 'csv', 'spreadsheet'] as const;
const CSV_TYPE = 'text/csv; charset=utf-8';
/** A page of JSON; the formats for programs give everything unless they are told a limit. */
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;
/** Says which frame the rows are of, and how many there are before limit and offset, for the formats that have no place for it. */
const headersOf = ({ frame, total }: ReportPage): Readonly<Record<string, number>> => ({
  'daybook-frame': frame,
  'daybook-total': total,
});

/** `GET /api/v1/reports` says what there is, `GET /api/v1/reports/{name}` gives rows. */
export function addReports(app: FastifyInstance, { runtime }: RouteContext): void {
  const definition = definitionAnswer(runtime.plan, runtime.frames ?? 'offsets');
  app.get('/api/v1/reports', (request) => {
    parametersOf(request.query, []);
    return definition;
  });

  app.get<{ Params: { name: string } }>('/api/v1/reports/:name', async (request, reply) => {
    const report = reportNamed(runtime.plan, request.params.name);
    const dimensions = report.dimensions.map((field) => field.name);
    const parameters = parametersOf(request.query, [...ROWS_PARAMETERS, ...dimensions]);
    const format = word(parameters, 'format', FORMATS) ?? 'json';
    const frame = whole(parameters, 'frame', 0, Number.MAX_SAFE_INTEGER);
    const page = await runtime.query(report.name, queryOf(parameters, dimensions, format === 'json'));
    if (frame !== undefined && frame !== page.frame) throw frameGone(frame, page.frame);
    return send(reply.headers(headersOf(page)), report, page, format);
  });

  app.get<{ Params: { name: string } }>('/api/v1/reports/:name/totals', async (request, reply) => {
    const report = reportNamed(runtime.plan, request.params.name);
    const dimensions = report.dimensions.map((field) => field.name);
    const parameters = parametersOf(request.query, [...TOTALS_PARAMETERS, ...dimensions]);
    const format = word(parameters, 'format', TOTALS_FORMATS) ?? 'json';
    const { extentOf: _, ...query } = queryOf(parameters, dimensions, format === 'json');
    const by = (single(parameters, 'by') ?? '').split(',').filter((name) => name !== '');
    const measure = single(parameters, 'measure') ?? '';
    const trend = word(parameters, 'trend', ['true', 'false']) === 'true' && format === 'json';
    const reading = { kind: 'totals', report: report.name, query: { ...query, by, measure, trend } } as const;
    const [page] = (await runtime.read([reading])).answers;
    const answer = present(page, 'a question has its answer');
    void reply.headers(headersOf(answer));
    const columns = totalsColumns({ by, measure });
    if (format === 'csv') return reply.type(CSV_TYPE).send(csvTable(columns, answer.rows));
    if (format === 'spreadsheet') return reply.type(CSV_TYPE).send(spreadsheetTable(columns, answer.rows));
    return reply.type('application/json').send(answerText(answer, rowPrinter(columns)));
  });
}

function definitionAnswer({ stream, reports, dashboard }: Plan, frames: DefinitionAnswer['frames']): DefinitionAnswer {
  return {
    stream: streamInfo(stream),
    reports: reports.map(reportInfo),
    frames,
    dashboard,
  };
}

/** Rows move between the pages of two frames: one would be there twice, and another on none. */
function frameGone(frame: number, now: number): DaybookError {
  return new DaybookError(
    'FRAME_GONE',
    `The reports are at frame ${now}, no longer at ${frame}. Begin again with the first page, or read all rows at once, which ` +
      'are of one frame, with format=ndjson.',
    { details: { frame, now } },
  );
}

function queryOf(parameters: Parameters, dimensions: readonly string[], isPaged: boolean): ReportQuery {
  const search = single(parameters, 'search');
  const extentOf = single(parameters, 'extent');
  const sort = single(parameters, 'sort');
  const limit = isPaged
    ? (whole(parameters, 'limit', 0, LIMIT_MAX) ?? LIMIT_DEFAULT)
    : whole(parameters, 'limit', 0, Number.MAX_SAFE_INTEGER);
  const equals = dimensions.flatMap((name) => {
    const values = parameters.get(name);
    return values === undefined ? [] : [[name, values] as const];
  });
  return {
    ...daysOf(parameters),
    ...(search !== undefined && { search }),
    ...(extentOf !== undefined && { extentOf }),
    ...(sort !== undefined && { sort: sortKeys(sort) }),
    ...(limit !== undefined && { limit }),
    offset: whole(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    equals: Object.fromEntries(equals),
  };
}

/** `-ts_date,daily_rev`: a list of columns, each descending with a minus before it. */
export function sortKeys(text: string): NonNullable<ReportQuery['sort']> {
  return text
    .split(',')
    .filter((key) => key !== '')
    .map((key) => ({ column: key.replace(/^-/, ''), descending: key.startsWith('-') }));
}

function send(
  reply: FastifyReply,
  report: ReportPlan,
  page: ReportPage,
  format: (typeof FORMATS)[number],
): FastifyReply {
  const { rows } = page;
  if (format === 'csv') return reply.type(CSV_TYPE).send(csvTable(report, rows));
  if (format === 'spreadsheet') return reply.type(CSV_TYPE).send(spreadsheetTable(report, rows));
  const print = rowPrinter(report);
  if (format === 'ndjson')
    return reply.type('application/x-ndjson').send(rows.map((row) => `${print(row)}\n`).join(''));
  return reply.type('application/json').send(answerText(page, print));
}
