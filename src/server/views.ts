import { z } from 'zod';
import { DaybookError } from '../base/errors.ts';
import { TILES_MAX } from '../definition/dashboard.ts';
import type { Reading } from '../ports/rows.ts';
import { requireDaysInOrder } from './parameters.ts';
import { sortKeys } from './reports.ts';
import type { ViewRequest } from './protocol.ts';

/** A view for each tile of a dashboard, and two for the panel that explains a sum. */
const VIEWS_MAX = TILES_MAX + 2;
const ROWS_MAX = 1_000;

const day = z.string().max(10);
const VIEW = z.strictObject({
  id: z.string().min(1).max(100),
  kind: z.enum(['rows', 'totals']),
  report: z.string(),
  from: day.optional(),
  to: day.optional(),
  search: z.string().max(1_000).optional(),
  equals: z.record(z.string(), z.array(z.string()).min(1)).optional(),
  sort: z.string().optional(),
  limit: z.int().min(0).optional(),
  offset: z.int().min(0).optional(),
  extent: z.string().optional(),
  by: z.array(z.string()).optional(),
  measure: z.string().optional(),
  trend: z.boolean().optional(),
  since: z.int().min(0).optional(),
});
const VIEWS = z.array(VIEW).max(VIEWS_MAX);

/** A view of a page: what its answers are called, and the question, which others may ask as well. */
export interface View {
  readonly id: string;
  /** Equal for equal questions. */
  readonly key: string;
  readonly reading: Reading;
  /** The frame of which the page has all of it; undefined: of none. */
  readonly since: number | undefined;
}

/**
 * Reads the parameter `views`.
 * @param isSameRun  whether what the page says that it has is of this run of the server
 * @throws DaybookError `BAD_QUERY`
 */
export function viewsOf(text: string, isSameRun: boolean): readonly View[] {
  const parsed = VIEWS.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new DaybookError('BAD_QUERY', `'views' cannot be read: ${z.prettifyError(parsed.error)}`);
  }
  return (parsed.data as readonly ViewRequest[]).map(({ id, since, ...request }) => {
    return { id, key: JSON.stringify(request), reading: readingOf(request), since: isSameRun ? since : undefined };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new DaybookError('BAD_QUERY', `'views' is no JSON: ${error.message}.`);
    throw error;
  }
}

function readingOf(request: Omit<ViewRequest, 'id' | 'since'>): Reading {
  const { kind, report, from, to, search, equals, sort, limit, offset, extent, by = [], measure = '', trend } = request;
  requireDaysInOrder(from, to);
  const query = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(search !== undefined && { search }),
    ...(equals !== undefined && { equals }),
    ...(sort !== undefined && { sort: sortKeys(sort) }),
    ...(offset !== undefined && { offset }),
    ...(limit !== undefined && { limit }),
  };
  if (kind === 'totals') {
    // A trend has a cell a day: of all rows that would be more than a page can show, or a server should hold.
    if (trend === true && (limit === undefined || limit > ROWS_MAX)) {
      throw new DaybookError('BAD_QUERY', `A view with 'trend' needs a 'limit' of at most ${ROWS_MAX}.`);
    }
    return { kind, report, query: { ...query, by, measure, ...(trend !== undefined && { trend }) } };
  }
  return {
    kind,
    report,
    query: {
      ...query,
      limit: Math.min(limit ?? ROWS_MAX, ROWS_MAX),
      ...(extent !== undefined && { extentOf: extent }),
    },
  };
}
