import { queryOptions } from '@tanstack/react-query';
import type {
  AmendmentsAnswer,
  DefinitionAnswer,
  DuplicatesAnswer,
  ExplanationAnswer,
  PipelineAnswer,
  PipelineDetailsAnswer,
  QuarantineAnswer,
  RecordAnswer,
  TopicsAnswer,
} from '../../src/server/protocol.ts';
import { readJson } from './http.ts';

const API = '/api/v1';
const PIPELINE_EVERY_MS = 1_000;
const LISTED_MAX = 1_000;
/** What is read again and again under another key is not kept for long. */
const KEEP_UNUSED_MS = 5_000;

/** What there is: stream, reports, dashboard. It changes only when Daybook is started again, which the `ViewStore` notices. */
export const definitionQuery = queryOptions({
  queryKey: ['definition'],
  queryFn: ({ signal }) => readJson<DefinitionAnswer>(`${API}/reports`, signal),
  staleTime: Infinity,
});

export const pipelineQuery = queryOptions({
  queryKey: ['pipeline'],
  queryFn: ({ signal }) => readJson<PipelineAnswer>(`${API}/pipeline`, signal),
  refetchInterval: PIPELINE_EVERY_MS,
});

export const pipelineDetailsQuery = queryOptions({
  queryKey: ['pipeline', 'details'],
  queryFn: ({ signal }) => readJson<PipelineDetailsAnswer>(`${API}/pipeline/details`, signal),
  refetchInterval: PIPELINE_EVERY_MS,
});

/** Changes to closed days. @param total  how many there are: with another number they are read again */
export function amendmentsQuery(total: number) {
  return queryOptions({
    queryKey: ['amendments', total],
    queryFn: ({ signal }) => readJson<AmendmentsAnswer>(`${API}/amendments?limit=${LISTED_MAX}`, signal),
    enabled: total > 0,
    staleTime: Infinity,
    gcTime: KEEP_UNUSED_MS,
  });
}

export const topicsQuery = queryOptions({
  queryKey: ['topics'],
  queryFn: ({ signal }) => readJson<TopicsAnswer>(`${API}/topics`, signal),
  refetchInterval: PIPELINE_EVERY_MS,
});

/** @param total  how many there are: with another number they are read again */
export function quarantineQuery(
  page: { readonly limit: number; readonly offset: number; readonly isOpenOnly: boolean },
  total: number | undefined,
) {
  const parameters = new URLSearchParams({ limit: String(page.limit), offset: String(page.offset) });
  if (page.isOpenOnly) parameters.set('open', 'true');
  return queryOptions({
    queryKey: ['quarantine', String(parameters), total],
    queryFn: ({ signal }) => readJson<QuarantineAnswer>(`${API}/quarantine?${parameters}`, signal),
    gcTime: KEEP_UNUSED_MS,
  });
}

/** An entry of the quarantine, whole. */
export function refusedQuery(id: number) {
  return queryOptions({
    queryKey: ['quarantine', id],
    queryFn: ({ signal }) => readJson<QuarantineAnswer>(`${API}/quarantine?id=${id}`, signal),
    staleTime: Infinity,
    gcTime: KEEP_UNUSED_MS,
  });
}

/** @param total  how many there are: with another number they are read again */
export function duplicatesQuery(limit: number, offset: number, total: number | undefined) {
  return queryOptions({
    queryKey: ['duplicates', limit, offset, total],
    queryFn: ({ signal }) => readJson<DuplicatesAnswer>(`${API}/duplicates?limit=${limit}&offset=${offset}`, signal),
    gcTime: KEEP_UNUSED_MS,
  });
}

export function recordQuery(topic: string, partition: number, offset: number) {
  return queryOptions({
    queryKey: ['record', topic, partition, offset],
    queryFn: ({ signal }) =>
      readJson<RecordAnswer>(
        `${API}/topics/${encodeURIComponent(topic)}/records/${offset}?partition=${partition}`,
        signal,
      ),
  });
}

/** Why a row is as it is. @param key  each dimension's value as it prints */
export function explanationQuery(
  report: string,
  key: Readonly<Record<string, string>>,
  page: { readonly limit: number; readonly offset: number },
) {
  const parameters = new URLSearchParams({ ...key, limit: String(page.limit), offset: String(page.offset) });
  return queryOptions({
    queryKey: ['explanation', report, String(parameters)],
    queryFn: ({ signal }) =>
      readJson<ExplanationAnswer>(`${API}/reports/${encodeURIComponent(report)}/records?${parameters}`, signal),
    staleTime: 0,
  });
}

/** Where a report's rows, or totals of them, can be had as CSV for a spreadsheet. */
export function csvAddress(
  report: string,
  parameters: readonly (readonly [name: string, value: string | number | undefined])[],
  path: '' | '/totals' = '',
): string {
  const query = new URLSearchParams({ format: 'spreadsheet' });
  for (const [name, value] of parameters) if (value !== undefined && value !== '') query.append(name, String(value));
  return `${API}/reports/${encodeURIComponent(report)}${path}?${query}`;
}
