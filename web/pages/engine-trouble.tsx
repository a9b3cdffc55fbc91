import { useQuery } from '@tanstack/react-query';
import type { PipelineAnswer } from '../../src/server/protocol.ts';
import { definitionQuery, pipelineQuery } from '../api/queries.ts';
import { printMoment } from '../format.ts';

const ASK_EVERY_MS = 5_000;

/** Says on every page of the stack that its engine does not run, as what is seen then is how things were. */
export function EngineTrouble() {
  const { data } = useQuery(definitionQuery);
  return data?.frames === 'moments' ? <Banner /> : null;
}

function Banner() {
  const { data } = useQuery({ ...pipelineQuery, refetchInterval: ASK_EVERY_MS });
  const sentence = sentenceOf(data?.engine ?? null);
  if (sentence === undefined) return null;
  return (
    <p className="banner" role="alert">
      {sentence}
    </p>
  );
}

/** What is to be known and done; undefined when all is well. */
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
