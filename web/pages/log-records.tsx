import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DefinitionAnswer, TailEvent, TopicRecordInfo, TopicRecordsAnswer } from '../../src/server/protocol.ts';
import { topicsQuery } from '../api/queries.ts';
import { choose, useChoices } from '../choices.ts';
import { printCount } from '../format.ts';
import { RecordTable } from './record-table.tsx';
import type { RecordSearch } from './record-search.tsx';
import { RecordSearchForm, searchOf } from './record-search.tsx';
import { useEvents } from './use-events.ts';

const PAGE_SIZE = 50;
/** So many of the newest are shown while records are followed. */
const FOLLOWED_MAX = 200;

interface LogRecordsProps {
  readonly topic: string;
  readonly definition: DefinitionAnswer;
}

/** A topic's records: by offset, by time, by a field's value over the whole of it, or as they come. */
export function LogRecords({ topic, definition }: LogRecordsProps) {
  const choices = useChoices();
  const isFollowing = choices.get('follow') === 'true';
  const search = searchOf(choices);
  const { data } = useQuery(topicsQuery);
  const partitions = data?.topics.find(({ name }) => name === topic)?.partitions.length ?? 1;
  return (
    <section className="tile records-tile" aria-label={`Records of ${topic}`}>
      <RecordSearchForm
        key={JSON.stringify(search)}
        definition={definition}
        partitions={partitions}
        search={search}
        isFollowing={isFollowing}
      />
      {isFollowing ? (
        <Followed topic={topic} definition={definition} />
      ) : (
        <Found key={`found ${JSON.stringify(search)}`} topic={topic} definition={definition} search={search} />
      )}
    </section>
  );
}

interface Progress {
  readonly records: readonly TopicRecordInfo[];
  readonly scanned: number;
  readonly of: number;
  readonly nextOffset: number | null;
  readonly state: 'looking' | 'done' | 'cancelled';
  readonly problem: string | undefined;
}

const BEGUN: Progress = { records: [], scanned: 0, of: 0, nextOffset: null, state: 'looking', problem: undefined };

function Found({ topic, definition, search }: LogRecordsProps & { readonly search: RecordSearch }) {
  const { data } = useQuery(topicsQuery);
  const next = data?.topics.find(({ name }) => name === topic)?.partitions[search.partition ?? 0]?.nextOffset;
  // The newest page unless the reader says where to begin; it stays where it began.
  const [newest, setNewest] = useState<number>();
  if (newest === undefined && next !== undefined) setNewest(Math.max(0, next - PAGE_SIZE));
  const isFiltered = search.field !== '';
  const from = search.time === '' ? (search.offset ?? (isFiltered ? 0 : newest)) : undefined;
  const [progress, setProgress] = useState(BEGUN);
  const isReady = search.time !== '' || from !== undefined;
  const address = isReady && progress.state === 'looking' ? addressOf(topic, search, from) : undefined;
  useEvents(address, 'chunk', {
    onBegin: () => setProgress(BEGUN),
    onEvent: (chunk) => {
      const { records, ...rest } = chunk as TopicRecordsAnswer;
      setProgress((before) => ({ ...before, ...rest, records: [...before.records, ...records] }));
    },
    onEnd: (problem) => setProgress((before) => ({ ...before, state: 'done', problem })),
  });
  const { records, state, problem, scanned, of } = progress;
  const first = records[0]?.offset ?? from ?? 0;
  return (
    <>
      {isFiltered && (
        <SearchProgress
          progress={progress}
          onCancel={() => setProgress((before) => ({ ...before, state: 'cancelled' }))}
        />
      )}
      {problem !== undefined && (
        <p className="notice" role="alert">
          {problem}
        </p>
      )}
      {records.length > 0 && <RecordTable records={records} definition={definition} />}
      {records.length === 0 && state !== 'looking' && problem === undefined && (
        <p className="notice">
          {isFiltered ? `None of ${printCount(of)} records is like that.` : 'There is no record from there on.'}
        </p>
      )}
      <Pages progress={progress} first={first} isFiltered={isFiltered} />
      <span className="visually-hidden" role="status">
        {state === 'looking' ? 'Looking for records' : `${scanned} records looked at`}
      </span>
    </>
  );
}

interface PagesProps {
  readonly progress: Progress;
  /** The first offset that is shown. */
  readonly first: number;
  readonly isFiltered: boolean;
}

function Pages({ progress: { records, nextOffset, state }, first, isFiltered }: PagesProps) {
  const goTo = (offset: number): void => choose({ offset: String(offset), time: undefined }, 'push');
  return (
    <nav className="page-controls" aria-label="Pages of records">
      <span>
        {records.length > 0 && `Offsets ${printCount(first)} to ${printCount(records.at(-1)?.offset ?? first)}`}
      </span>
      <div className="page-moves">
        {!isFiltered && (
          <button
            type="button"
            aria-label="Older records"
            disabled={first === 0}
            onClick={() => goTo(Math.max(0, first - PAGE_SIZE))}
          >
            ‹
          </button>
        )}
        <button
          type="button"
          aria-label={isFiltered ? 'Look further' : 'Newer records'}
          disabled={nextOffset === null || state === 'looking'}
          onClick={() => goTo(nextOffset ?? 0)}
        >
          ›
        </button>
      </div>
    </nav>
  );
}

function addressOf(topic: string, search: RecordSearch, from: number | undefined): string {
  const { partition, field, test, value, time } = search;
  const parameters = new URLSearchParams({ stream: 'true', limit: String(PAGE_SIZE) });
  if (time === '') parameters.set('offset', String(from ?? 0));
  else parameters.set('time', time);
  if (partition !== undefined || field === '') parameters.set('partition', String(partition ?? 0));
  if (field !== '') for (const [name, text] of Object.entries({ field, test, value })) parameters.set(name, text);
  return `/api/v1/topics/${encodeURIComponent(topic)}/records?${parameters}`;
}

interface SearchProgressProps {
  readonly progress: Progress;
  readonly onCancel: () => void;
}

function SearchProgress({ progress, onCancel }: SearchProgressProps) {
  const { scanned, of, state, records } = progress;
  return (
    <div className="search-progress">
      <progress max={Math.max(1, of)} value={scanned} aria-label="Records looked at" />
      <span>
        {printCount(records.length)} found in {printCount(scanned)} of {printCount(of)} records
        {state === 'cancelled' && ', cancelled'}
      </span>
      {state === 'looking' && (
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      )}
    </div>
  );
}

function Followed({ topic, definition }: LogRecordsProps) {
  const [isPaused, setIsPaused] = useState(false);
  const [{ records, skipped, missed }, setSeen] = useState<{
    readonly records: readonly TopicRecordInfo[];
    /** Came too fast to be sent, and came during a pause. */
    readonly skipped: number;
    readonly missed: number;
  }>({ records: [], skipped: 0, missed: 0 });
  useEvents(`/api/v1/topics/${encodeURIComponent(topic)}/records?follow=true`, 'tail', {
    onEvent: (event) => {
      const { records: newest, skipped: more } = event as TailEvent;
      setSeen((before) =>
        isPaused
          ? { ...before, missed: before.missed + newest.length + more }
          : {
              records: [...newest.toReversed(), ...before.records].slice(0, FOLLOWED_MAX),
              skipped: before.skipped + more,
              missed: before.missed,
            },
      );
    },
    onEnd: () => undefined,
  });
  return (
    <>
      <div className="search-progress">
        <span className={isPaused ? 'live-dot' : 'live-dot following'} aria-hidden="true" />
        <span role="status">{isPaused ? 'Paused' : 'Following'}</span>
        <span>
          {printCount(skipped)} skipped as they came too fast, {printCount(missed)} while paused
        </span>
        <button type="button" onClick={() => setIsPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
      </div>
      {records.length === 0 ? (
        <p className="notice">Nothing has come yet; records are shown as they come.</p>
      ) : (
        <RecordTable records={records} definition={definition} />
      )}
    </>
  );
}
