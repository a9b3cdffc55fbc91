import { useQuery } from '@tanstack/react-query';
import type { PipelineAnswer } from '../../src/server/protocol.ts';
import { isNotNow } from '../api/http.ts';
import { pipelineQuery } from '../api/queries.ts';
import { useFailure } from '../api/use-failure.ts';
import { usePageState } from '../api/use-view.ts';
import { printMoment } from '../format.ts';

const ASK_EVERY_MS = 5_000;

export const FIGURES_STAND_STILL = 'The figures stand still.';

/**
 * Says on every page that figures stand still though the connection is there: what is seen then is how things were. What
 * the connection itself is told is said beside it.
 */
export function TroubleBanner() {
  const { hindrance } = usePageState();
  const query = useQuery({ ...pipelineQuery, refetchInterval: ASK_EVERY_MS });
  const failure = useFailure(query);
  const { data } = query;
  const sentence =
    failure !== null && isNotNow(failure) ? `${FIGURES_STAND_STILL} ${failure.message}` : data && sentenceFor(data);
  if (sentence === undefined || hindrance !== undefined) return null;
  return (
    <p className="banner" role="alert">
      {sentence}
    </p>
  );
}

function sentenceFor({ engine, trouble, sources }: PipelineAnswer): string | undefined {
  const ofEngine = sentenceOf(engine);
  if (ofEngine !== undefined) return ofEngine;
  // On a disk that is nearly full, small batches may still be taken.
  if (trouble !== null) return `${engine === null ? 'Records are refused.' : FIGURES_STAND_STILL} ${trouble}`;
  const silent = sources.flatMap((source) =>
    source.trouble === null ? [] : [`Nothing comes from ${source.name}. ${source.trouble}`],
  );
  return silent.length === 0 ? undefined : silent.join(' ');
}

/** What is to be known and done of a stack's engine; undefined when all is well. */
function sentenceOf(engine: PipelineAnswer['engine']): string | undefined {
  if (engine === null) return undefined;
  const { state, heardAtMs, reason } = engine;
  const since = heardAtMs === null ? '' : ` since ${printMoment(heardAtMs)}`;
  const kept = 'New records are kept in Kafka, but the reports stand still.';
  const start = 'Start it again: daybook spark run.';
  switch (state) {
    case 'silent':
      return heardAtMs === null
        ? 'Spark’s query has never been heard of. Records are kept in Kafka, but no report is computed. Start it: daybook spark run.'
        : `Nothing has been heard of Spark’s query${since}. ${kept} ${start}`;
    case 'stopped':
      return reason === null
        ? `Spark’s query has been stopped${since}. ${kept} ${start}`
        : `Spark’s query has ended${since}: ${reason} ${kept}`;
    case 'trouble':
      return `Spark’s query does not run: ${reason ?? 'it does not say why.'} It is tried again and again. ${kept}`;
    case 'starting':
    case 'running':
      return undefined;
  }
}
