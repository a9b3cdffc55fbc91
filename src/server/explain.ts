import type { FastifyInstance } from 'fastify';
import { reportNamed } from '../plan/query-names.ts';
import { RECORDS_PARAMETERS } from '../plan/shared-names.ts';
import type { Explanation } from '../ports/explanation.ts';
import type { Row } from '../ports/rows.ts';
import { amendmentText } from './amendments.ts';
import { goneSignal, refuseCutShort } from './gone.ts';
import { parametersOf, single, whole } from './parameters.ts';
import { rowPrinter } from './row-text.ts';
import type { RouteContext } from './server.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;

/** `GET /api/v1/reports/{name}/records?<dimension>=value…`: the records behind a row. */
export function addExplain(app: FastifyInstance, { runtime, closing }: RouteContext): void {
  app.get<{ Params: { name: string } }>('/api/v1/reports/:name/records', async (request, reply) => {
    const report = reportNamed(runtime.plan, request.params.name);
    const dimensions = report.dimensions.map((field) => field.name);
    const parameters = parametersOf(request.query, [...RECORDS_PARAMETERS, ...dimensions]);
    const key = dimensions.flatMap((name) => {
      const value = single(parameters, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const query = {
      report: report.name,
      key: Object.fromEntries(key),
      limit: whole(parameters, 'limit', 0, LIMIT_MAX) ?? LIMIT_DEFAULT,
      offset: whole(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    };
    const signal = goneSignal(reply, closing);
    const explanation = await runtime.explain(query, signal);
    refuseCutShort(signal);
    const print = rowPrinter(report);
    return reply.type('application/json').send(explanationText(explanation, print));
  });
}

function explanationText(explanation: Explanation, print: (row: Row) => string): string {
  const { row, computed, amendments, ...rest } = explanation;
  const rows = `"row":${row === null ? 'null' : print(row)},"computed":${computed === null ? 'null' : print(computed)}`;
  const changes = amendments.map((amendment) => amendmentText(amendment, print));
  return `{${rows},"amendments":[${changes.join(',')}],${JSON.stringify(rest).slice(1)}`;
}
