import { hashKey, queryOptions } from '@tanstack/react-query';
import type { DefinitionAnswer, PipelineAnswer, ReportAnswer } from '../../src/server/protocol.ts';
import type { DayRange } from './day-range.ts';
import type { AsOf } from './frame-feed.ts';
import { readJson, readRows } from './http.ts';
import type { LiveReports, ReportKey } from './live-reports.ts';
import type { LiveRowsOf } from './live-rows.ts';

const API = '/api/v1';
/** Rows that nobody looks at are kept so long, so that going back is quick. */
const KEEP_UNUSED_MS = 10_000;

export const FRAMES_URL = `${API}/frames`;

/** What there is: stream, reports, dashboard. It changes only when Daybook is started again. */
export const definitionQuery = queryOptions({
  queryKey: ['definition'],
  queryFn: ({ signal }) => readJson<DefinitionAnswer>(`${API}/reports`, signal),
  staleTime: Infinity,
});

export const pipelineQuery = queryOptions({
  queryKey: ['pipeline'],
  queryFn: async ({ signal }): Promise<PipelineAnswer & AsOf> => {
    const answer = await readJson<PipelineAnswer>(`${API}/pipeline`, signal);
    return { ...answer, frame: answer.offset };
  },
});

/** A page of a report, as its server sorts, searches and cuts it. */
export interface PageRequest {
  readonly report: string;
  readonly range: DayRange;
  readonly search: string;
  /** `-ts_date,daily_rev`: columns, each descending with a minus before it. */
  readonly sort: string;
  readonly limit: number;
  readonly offset: number;
}

export function pageQuery(request: PageRequest) {
  return queryOptions({
    queryKey: ['page', request.report, request] satisfies ReportKey,
    queryFn: ({ signal }) => readPage(request, signal),
    gcTime: KEEP_UNUSED_MS,
  });
}

/** The least and the greatest value of a measure among all rows that match; zeros when none does. */
export interface Extent extends AsOf {
  readonly min: number;
  readonly max: number;
}

export function extentQuery(request: Omit<PageRequest, 'sort' | 'limit' | 'offset'>, measure: string) {
  const key = { ...request, measure };
  return queryOptions({
    queryKey: ['extent', request.report, key] satisfies ReportKey,
    queryFn: async ({ signal }): Promise<Extent> => {
      const first = async (sort: string): Promise<AsOf & { readonly value: number }> => {
        const { frame, rows } = await readPage({ ...request, sort, limit: 1, offset: 0 }, signal);
        return { frame, value: Number(rows[0]?.[measure] ?? 0) };
      };
      const [min, max] = await Promise.all([first(measure), first(`-${measure}`)]);
      return { min: min.value, max: max.value, frame: Math.min(min.frame, max.frame) };
    },
    gcTime: KEEP_UNUSED_MS,
  });
}

/** All rows of a report in a range, kept up to date by frames; read again they stay the same object. */
export function liveRowsQuery(reports: LiveReports, of: LiveRowsOf) {
  const queryKey = ['live', of.report, of] satisfies ReportKey;
  return queryOptions({
    queryKey,
    queryFn: async ({ signal }) => {
      const live = reports.hold(hashKey(queryKey), of);
      await live.load(() => readRows(reportPath(of.report, { ...of.range, format: 'ndjson' }), signal));
      return live;
    },
    gcTime: KEEP_UNUSED_MS,
    structuralSharing: false,
  });
}

function readPage({ report, range, search, ...page }: PageRequest, signal: AbortSignal): Promise<ReportAnswer> {
  return readJson<ReportAnswer>(reportPath(report, { ...range, search, ...page }), signal);
}

function reportPath(report: string, parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return `${API}/reports/${encodeURIComponent(report)}?${query}`;
}
