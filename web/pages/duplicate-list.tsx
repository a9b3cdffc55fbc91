import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import { duplicatesQuery, pipelineQuery } from '../api/queries.ts';
import { choose } from '../choices.ts';
import { countOf, printCount, printMoment } from '../format.ts';
import { FROM_THE_NEWEST } from './record-search.tsx';
import { TileError } from '../tiles/tile-frame.tsx';

const LISTED_MAX = 100;

/** Records that were left out, as their key was there already. */
export function DuplicateList({ definition }: { readonly definition: DefinitionAnswer }) {
  const { data: pipeline } = useQuery(pipelineQuery);
  const { data, error, refetch } = useQuery({
    ...duplicatesQuery(LISTED_MAX, 0, pipeline?.duplicates),
    placeholderData: keepPreviousData,
  });
  if (error !== null) return <TileError error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <p role="status">Reading the duplicates…</p>;
  const { total, kept, entries } = data;
  return (
    <section className="tile records-tile" aria-label="Duplicates">
      <p className="tile-note">
        {countOf(total, 'duplicates')} left out in all: the first record with a {definition.stream.primaryKey} counts,
        and what comes again changes nothing.{' '}
        {total > kept &&
          kept > 0 &&
          `Repeats are counted for good, but kept to be looked at only in memory: ${printCount(kept)} of those that came since Daybook was started.`}
      </p>
      {entries.length === 0 && (
        <p className="notice">
          {total === 0
            ? 'None: no record came twice.'
            : 'They are counted, and none is kept to be looked at: no repeat came since Daybook was started, or it keeps none.'}
        </p>
      )}
      <ul className="refused">
        {entries.map(({ id, atMs, origin, line, key, record }) => (
          <li key={id}>
            <p>
              <code className="code">{key}</code>
              <button
                type="button"
                onClick={() =>
                  choose(
                    {
                      tab: undefined,
                      topic: undefined,
                      ...FROM_THE_NEWEST,
                      'in-partition': undefined,
                      follow: undefined,
                      field: definition.stream.primaryKey,
                      test: 'is',
                      value: keyIn(record, definition),
                    },
                    'push',
                  )
                }
              >
                Find the one that counts
              </button>
            </p>
            <p className="over">
              From {origin}, line {printCount(line)}, {printMoment(atMs)}
            </p>
            <pre className="record-json">{record}</pre>
          </li>
        ))}
      </ul>
      {entries.length > 0 && total > entries.length && (
        <p className="tile-note">Listed: {printCount(entries.length)}</p>
      )}
    </section>
  );
}

/** The key as the record writes it. */
function keyIn(record: string, { stream }: DefinitionAnswer): string {
  try {
    const parsed = JSON.parse(record) as Readonly<Record<string, unknown>>;
    return String(parsed[stream.primaryKey]);
  } catch {
    return '';
  }
}
