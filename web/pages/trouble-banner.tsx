import { useQuery } from '@tanstack/react-query';
import type { PipelineAnswer } from '../../src/server/protocol.ts';
import { pipelineQuery } from '../api/queries.ts';
import { printMoment } from '../format.ts';

const ASK_EVERY_MS = 5_000;

/** Says on every page that figures stand still though the connection is there: what is seen then is how things were. */
export function TroubleBanner() {
  const { data } = useQuery({ ...pipelineQuery, refetchInterval: ASK_EVERY_MS });
  if (data === undefined) return null;
  const sentence =
    sentenceOf(data.engine) ?? (data.trouble === null ? undefined : `The figures stand still. ${data.trouble}`);
  if (sentence === undefined) return null;
  return (
    <p className="banner" role="alert">
      {sentence}
    </p>
  );
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
