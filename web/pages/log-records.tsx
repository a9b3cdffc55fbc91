import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type {
  DefinitionAnswer,
  TailEvent,
  TopicRecordInfo,
  TopicRecordsAnswer,
  TopicsAnswer,
} from '../../src/server/protocol.ts';
import { topicsQuery } from '../api/queries.ts';
import { choose, useChoices } from '../choices.ts';
import { countOf, printCount } from '../format.ts';
import { PageMove } from '../tiles/page-move.tsx';
import { RecordTable } from './record-table.tsx';
import type { RecordSearch } from './record-search.tsx';
import { FROM_THE_NEWEST, RecordSearchForm, searchOf } from './record-search.tsx';
import { useEvents } from './use-events.ts';

const PAGE_SIZE = 50;
/** So many of the newest are shown while records are followed. */
const FOLLOWED_MAX = 200;

interface LogRecordsProps {
  readonly topic: string;
  readonly definition: DefinitionAnswer;
}

type Move = 'older' | 'newer';

interface Asked {
  readonly times: number;
  /** By a way to another page, which has the focus then. */
  readonly moved: Move | undefined;
}

/** A topic's records: by offset, by time, by a field's value over the whole of it, or as they come. */
export function LogRecords({ topic, definition }: LogRecordsProps) {
  const choices = useChoices();
  const isFollowing = choices.get('follow') === 'true';
  const search = searchOf(choices);
  // What is asked for again is looked up again: meanwhile more may have come.
  const [asked, setAsked] = useState<Asked>({ times: 0, moved: undefined });
  const ask = (moved?: Move): void => setAsked(({ times }) => ({ times: times + 1, moved }));
  const { data } = useQuery(topicsQuery);
  const partitions = data?.topics.find(({ name }) => name === topic)?.partitions.length ?? 1;
  if (data?.topics.some(({ name }) => name === topic) === false) {
    return <p className="notice">There is no topic {topic}: choose one above.</p>;
  }
  return (
    <section className="tile records-tile" aria-label={`Records of ${topic}`}>
      <RecordSearchForm
        definition={definition}
        partitions={partitions}
        search={search}
        isFollowing={isFollowing}
        onAsk={ask}
      />
      {isFollowing ? (
        <Followed topic={topic} definition={definition} />
      ) : (
        <Found
          key={`found ${asked.times} ${JSON.stringify(search)}`}
          topic={topic}
          definition={definition}
          search={search}
          moved={asked.moved}
          onAsk={ask}
        />
      )}
    </section>
  );
}

interface Progress {
  readonly records: readonly TopicRecordInfo[];
  readonly scanned: number;
  readonly of: number;
  readonly nextOffset: number | null;
  readonly nextOffsets: string | undefined;
  readonly nextBefore: string | undefined;
  readonly state: 'looking' | 'done' | 'cancelled';
  readonly problem: string | undefined;
}

const BEGUN: Progress = {
  records: [],
  scanned: 0,
  of: 0,
  nextOffset: null,
  nextOffsets: undefined,
  nextBefore: undefined,
  state: 'looking',
  problem: undefined,
};

interface FoundProps extends LogRecordsProps {
  readonly search: RecordSearch;
  /** Which of the ways to other pages led here. */
  readonly moved: Move | undefined;
  /** Looks anew. */
  readonly onAsk: (move: Move) => void;
}

function Found({ topic, definition, search, moved, onAsk }: FoundProps) {
  const { data } = useQuery(topicsQuery);
  const partition = data?.topics.find(({ name }) => name === topic)?.partitions[search.partition ?? 0];
  const [progress, setProgress] = useState(BEGUN);
  const { records, state, problem, scanned } = progress;
  const isFiltered = search.field !== '';
  const isFromNewest = search.offset === undefined && search.time === '';
  // Of a topic that is not there nothing is asked.
  const isReady = !isFromNewest || data !== undefined;
  const address = isReady && state === 'looking' ? addressOf(topic, search) : undefined;
  useEvents(address, 'chunk', {
    onBegin: () => setProgress(BEGUN),
    onEvent: (chunk) => {
      const { records: more, nextOffsets, nextBefore, ...rest } = chunk as TopicRecordsAnswer;
      setProgress((before) => ({
        ...before,
        ...rest,
        nextOffsets,
        nextBefore,
        records: [...before.records, ...more],
      }));
    },
    onEnd: (why) => setProgress((before) => ({ ...before, state: 'done', problem: why })),
  });
  const what = isFromNewest && search.before !== undefined ? 'older records' : 'records';
  return (
    <>
      {isFiltered && (
        <SearchProgress
          progress={progress}
          what={what}
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
          {isFiltered ? `None of ${countOf(scanned, what)} is like that.` : noneText(isFromNewest)}
        </p>
      )}
      <Pages
        records={records}
        ways={(isFromNewest ? waysBack : waysOn)(search, partition, progress)}
        moved={moved}
        onMove={(move, to) => {
          choose({ ...FROM_THE_NEWEST, ...to }, 'push');
          onAsk(move);
        }}
      />
      <span className="visually-hidden" role="status">
        {state === 'looking' ? 'Looking for records' : `${countOf(scanned, 'records')} looked at`}
      </span>
    </>
  );
}

function noneText(isFromNewest: boolean): string {
  return isFromNewest ? 'There is no record.' : 'There is no record from there on.';
}

type Partition = TopicsAnswer['topics'][number]['partitions'][number];

/** A way to another page. */
interface Way {
  readonly move: Move;
  readonly label: string;
  /** What the address says of where to begin there; undefined: there is no such page. */
  readonly to: Readonly<Record<string, string | undefined>> | undefined;
}

/** From the newest to older ones, and back. */
function waysBack(
  { before, field }: RecordSearch,
  partition: Partition | undefined,
  { of, nextBefore, state }: Progress,
): readonly Way[] {
  const { firstOffset = 0, nextOffset = 0 } = partition ?? {};
  const isDone = state !== 'looking';
  const to = isDone && nextBefore !== undefined ? { before: nextBefore } : undefined;
  const older: Way = { move: 'older', label: 'Older records', to };
  // How far back a page of what was found begins, nobody knows.
  if (field !== '') return [older];
  const end = before === undefined ? firstOffset + of : Number(before);
  const newer = end + PAGE_SIZE < nextOffset ? String(end + PAGE_SIZE) : undefined;
  return [
    { move: 'newer', label: 'Newer records', to: isDone && end < nextOffset ? { before: newer } : undefined },
    older,
  ];
}

/** From where the reader began to what came later, and back. */
function waysOn(
  { offset: from, field }: RecordSearch,
  partition: Partition | undefined,
  { records, nextOffset, nextOffsets, state }: Progress,
): readonly Way[] {
  const { firstOffset = 0, nextOffset: next } = partition ?? {};
  const isFiltered = field !== '';
  const first = records[0]?.offset ?? Number(from ?? 0);
  // A page at the end of the log goes on once there is more.
  const following = (records.at(-1)?.offset ?? first - 1) + 1;
  const isPlaced = from !== undefined || records.length > 0;
  const hasMore = !isFiltered && isPlaced && next !== undefined && following < next;
  const further = nextOffsets ?? nextOffset ?? (hasMore ? following : null);
  const onward = further === null || state === 'looking' ? undefined : { offset: String(further) };
  if (isFiltered) return [{ move: 'newer', label: 'Look further', to: onward }];
  const older = first > firstOffset ? { offset: String(Math.max(0, first - PAGE_SIZE)) } : undefined;
  return [
    { move: 'older', label: 'Older records', to: older },
    { move: 'newer', label: 'Newer records', to: onward },
  ];
}

interface PagesProps {
  readonly records: readonly TopicRecordInfo[];
  /** In their order; what lies before what is shown stands first. */
  readonly ways: readonly Way[];
  readonly moved: Move | undefined;
  readonly onMove: (move: Move, to: NonNullable<Way['to']>) => void;
}

function Pages({ records, ways, moved, onMove }: PagesProps) {
  const [first, last] = [records[0], records.at(-1)];
  return (
    <nav className="page-controls" aria-label="Pages of records">
      <span>
        {first !== undefined &&
          last !== undefined &&
          // They are a partition's own.
          records.every(({ partition }) => partition === first.partition) &&
          `Offsets ${printCount(first.offset)} to ${printCount(last.offset)}`}
      </span>
      <div className="page-moves">
        {ways.map(({ move, label, to }, index) => (
          <PageMove
            key={label}
            label={label}
            isOff={to === undefined}
            hasMoved={moved === move}
            onMove={() => to !== undefined && onMove(move, to)}
          >
            {index < ways.length - 1 ? '‹' : '›'}
          </PageMove>
        ))}
      </div>
    </nav>
  );
}

function addressOf(topic: string, search: RecordSearch): string {
  const { partition, field, test, value, time, offset, before } = search;
  const parameters = new URLSearchParams({ stream: 'true', limit: String(PAGE_SIZE) });
  if (time !== '') parameters.set('time', time);
  else if (offset !== undefined) parameters.set('offset', offset);
  else parameters.set('before', before ?? 'end');
  if (partition !== undefined || field === '') parameters.set('partition', String(partition ?? 0));
  if (field !== '') for (const [name, text] of Object.entries({ field, test, value })) parameters.set(name, text);
  return `/api/v1/topics/${encodeURIComponent(topic)}/records?${parameters}`;
}

interface SearchProgressProps {
  readonly progress: Progress;
  /** What is looked at. */
  readonly what: string;
  readonly onCancel: () => void;
}

function SearchProgress({ progress, what, onCancel }: SearchProgressProps) {
  const { scanned, of, state, records } = progress;
  return (
    <div className="search-progress">
      <progress max={Math.max(1, of)} value={scanned} aria-label="Records looked at" />
      <span>
        {printCount(records.length)} found in {printCount(scanned)} of {printCount(of)} {what}
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

/** What was seen of a topic that is followed. */
interface Seen {
  /** The newest first. */
  readonly records: readonly TopicRecordInfo[];
  /** Came too fast to be sent; came during a pause; came while nobody was connected. */
  readonly skipped: number;
  readonly missed: number;
  readonly lost: number;
  /** Behind the last that is shown or counted; undefined until the server says where it begins. */
  readonly nextOffset: number | undefined;
}

const NONE_SEEN: Seen = { records: [], skipped: 0, missed: 0, lost: 0, nextOffset: undefined };

/** What was seen, and what came since. @param isFirst  of a stream: what lies between it and the one before was not sent */
function seenSince(before: Seen, event: TailEvent, isPaused: boolean, isFirst: boolean): Seen {
  const { records: newest, skipped, nextOffset } = event;
  const came = newest.length + skipped;
  const lost = isFirst ? Math.max(0, nextOffset - came - (before.nextOffset ?? nextOffset)) : 0;
  const seen = { ...before, lost: before.lost + lost, nextOffset };
  if (isPaused) return { ...seen, missed: before.missed + came };
  const records = [...newest.toReversed(), ...before.records].slice(0, FOLLOWED_MAX);
  return { ...seen, records, skipped: before.skipped + skipped };
}

const FOLLOWING = { following: 'Following', paused: 'Paused', ended: 'Not following' } as const;
const CONNECTING = 'Connecting: what comes meanwhile is not shown';

function Followed({ topic, definition }: LogRecordsProps) {
  const [state, setState] = useState<keyof typeof FOLLOWING>('following');
  // What comes before the server follows is not sent: until then nobody is told that nothing has come.
  const [isOpen, setOpen] = useState(false);
  /** Why it ended. */
  const [problem, setProblem] = useState<string>();
  const [{ records, skipped, missed, lost }, setSeen] = useState(NONE_SEEN);
  const isFirst = useRef(true);
  const address = `/api/v1/topics/${encodeURIComponent(topic)}/records?follow=true`;
  useEvents(state === 'ended' ? undefined : address, 'tail', {
    onBegin: () => {
      isFirst.current = true;
      setOpen(true);
    },
    onBreak: () => setOpen(false),
    onEvent: (event) => {
      const begins = isFirst.current;
      isFirst.current = false;
      setSeen((before) => seenSince(before, event as TailEvent, state === 'paused', begins));
    },
    onEnd: (why) => {
      setState('ended');
      setOpen(false);
      setProblem(why);
    },
  });
  const isConnecting = state !== 'ended' && !isOpen;
  // In Kafka, ends of transactions and what was taken back have offsets, too.
  const isCounted = definition.frames === 'offsets';
  return (
    <>
      <div className="search-progress">
        <span className={state === 'following' && isOpen ? 'live-dot following' : 'live-dot'} aria-hidden="true" />
        <span role="status">{isConnecting ? CONNECTING : FOLLOWING[state]}</span>
        <span>
          {printCount(skipped)} skipped as they came too fast, {printCount(missed)} while paused
          {lost > 0 && `, ${isCounted ? '' : 'at most '}${printCount(lost)} while not connected`}
        </span>
        <button type="button" onClick={() => setState(state === 'following' ? 'paused' : 'following')}>
          {state === 'following' ? 'Pause' : 'Go on'}
        </button>
      </div>
      {state === 'ended' && problem !== undefined && (
        <p className="notice" role="alert">
          {problem}
        </p>
      )}
      {records.length === 0 && isOpen && (
        <p className="notice">Nothing has come yet; records are shown as they come.</p>
      )}
      {records.length > 0 && <RecordTable records={records} definition={definition} />}
    </>
  );
}
