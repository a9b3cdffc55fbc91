import type { FastifyInstance } from 'fastify';
import type { Row } from '../ports/rows.ts';
import type { Amendment } from '../ports/runtime.ts';
import { PAGE_PARAMETERS, pageOf, parametersOf } from './parameters.ts';
import { rowPrinter } from './row-text.ts';
import type { RouteContext } from './server.ts';

/** `GET /api/v1/amendments`: what changed in closed days, newest first, with old and new values. */
export function addAmendments(app: FastifyInstance, { runtime }: RouteContext): void {
  const printers = new Map(runtime.plan.reports.map((report) => [report.name, rowPrinter(report)]));
  app.get('/api/v1/amendments', async (request, reply) => {
    const { total, kept, entries } = await runtime.amendments(pageOf(parametersOf(request.query, PAGE_PARAMETERS)));
    const texts = entries.map((entry) => amendmentText(entry, printers.get(entry.report) ?? JSON.stringify));
    return reply.type('application/json').send(`{"total":${total},"kept":${kept},"entries":[${texts.join(',')}]}`);
  });
}

/** An amendment in JSON. */
export function amendmentText(
  { id, frame, firstOffset, report, before, after }: Amendment,
  print: (row: Row) => string,
): string {
  const rows = `"before":${before === null ? 'null' : print(before)},"after":${print(after)}`;
  return `{"id":${id},"frame":${frame},"firstOffset":${firstOffset},"report":${JSON.stringify(report)},${rows}}`;
}
