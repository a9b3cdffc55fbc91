import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import type { AcceptanceAnswer, QuarantineAnswer } from '../../src/server/protocol.ts';
import { putBack } from '../api/http.ts';
import { pipelineQuery, quarantineQuery, refusedQuery } from '../api/queries.ts';
import { choose, useChoices } from '../choices.ts';
import { countOf, printBytes, printCount, printMoment } from '../format.ts';
import { follow } from './shell.tsx';
import { PageMove } from '../tiles/page-move.tsx';
import { TileError } from '../tiles/tile-frame.tsx';

const PAGE_SIZE = 20;
const READ_AGAIN_MS = 5_000;

type Entry = QuarantineAnswer['entries'][number];

/** What was refused, why, and the way to put it right and send it again. */
export function QuarantineList() {
  const choices = useChoices();
  const chosenPage = choices.get('page') ?? '';
  const page = /^\d{1,9}$/.test(chosenPage) ? Number(chosenPage) : 0;
  const isOpenOnly = choices.get('open') === 'true';
  const { data: pipeline } = useQuery(pipelineQuery);
  const [opened, setOpened] = useState<readonly Entry[]>([]);
  const list = useRef<HTMLUListElement>(null);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...quarantineQuery({ limit: PAGE_SIZE, offset: page * PAGE_SIZE, isOpenOnly }, pipeline?.quarantined),
    placeholderData: keepPreviousData,
    // Nothing else tells what others put right; where no marks are kept, nothing is.
    refetchInterval: ({ state }) => (state.data?.open === undefined ? false : READ_AGAIN_MS),
  });
  // What cannot be read takes nothing along that is being put right.
  const [known, setKnown] = useState(data);
  if (data !== undefined && data !== known) setKnown(data);
  const shown = data ?? known;
  const listed = (isOpenOnly ? shown?.open : undefined) ?? shown?.total ?? 0;
  const lastPage = Math.max(0, Math.ceil(listed / PAGE_SIZE) - 1);
  const isBeyond = data !== undefined && !isPlaceholderData && page > lastPage;
  useEffect(() => {
    if (isBeyond) choose({ page: pageText(lastPage) });
  }, [isBeyond, lastPage]);
  const trouble = error !== null && <TileError error={error} onRetry={() => void refetch()} />;
  if (shown === undefined) return trouble || <p role="status">Reading the quarantine…</p>;
  if (shown.total === 0) {
    return (
      <section className="tile">
        <p className="notice">Nothing was refused. What cannot be accepted comes here, whole, with the reason.</p>
      </section>
    );
  }
  return (
    <section className="tile records-tile" aria-label="Quarantine">
      <div className="refused-header">
        <p className="tile-note">
          {countOf(shown.total, 'records')} refused, newest first. Put one right and send it: it counts once it is
          accepted, and stays listed here as it came.
        </p>
        {shown.open !== undefined && <OpenChoice total={shown.total} open={shown.open} isOpenOnly={isOpenOnly} />}
      </div>
      {trouble}
      {listed === 0 && <p className="notice">All that was refused has been put right.</p>}
      <ul className="refused" ref={list} tabIndex={-1} aria-label="Refused records" aria-busy={isPlaceholderData}>
        {withOpened(shown.entries, opened).map((entry) => (
          <Refused
            key={entry.id}
            entry={entry}
            isOpen={opened.some(({ id }) => id === entry.id)}
            onOpen={() => setOpened((before) => [...before, entry])}
            onClose={() => {
              setOpened((before) => before.filter(({ id }) => id !== entry.id));
              // What is listed no more takes its buttons along.
              list.current?.focus();
            }}
          />
        ))}
      </ul>
      <Pages page={Math.min(page, lastPage)} last={lastPage} />
    </section>
  );
}

/** The page, and what is being put right: that stays while others come before it, or as it is put right. */
function withOpened(entries: readonly Entry[], opened: readonly Entry[]): readonly Entry[] {
  const gone = opened.filter(({ id }) => entries.every((entry) => entry.id !== id));
  return [...entries, ...gone].toSorted((a, b) => b.id - a.id);
}

function pageText(page: number): string | undefined {
  return page === 0 ? undefined : String(page);
}

interface OpenChoiceProps {
  readonly total: number;
  readonly open: number;
  readonly isOpenOnly: boolean;
}

function OpenChoice({ total, open, isOpenOnly }: OpenChoiceProps) {
  return (
    <div className="segments" role="group" aria-label="Which are listed">
      <button
        type="button"
        aria-pressed={!isOpenOnly}
        onClick={() => choose({ open: undefined, page: undefined }, 'push')}
      >
        All {printCount(total)}
      </button>
      <button type="button" aria-pressed={isOpenOnly} onClick={() => choose({ open: 'true', page: undefined }, 'push')}>
        To put right {printCount(open)}
      </button>
    </div>
  );
}

function Pages({ page, last }: { readonly page: number; readonly last: number }) {
  const go = (to: number): void => choose({ page: pageText(to) }, 'push');
  return (
    <nav className="page-controls" aria-label="Pages of the quarantine">
      <div className="page-moves">
        <span>
          {page + 1} of {printCount(last + 1)}
        </span>
        <PageMove label="Newer entries" isOff={page === 0} onMove={() => go(page - 1)}>
          ‹
        </PageMove>
        <PageMove label="Older entries" isOff={page >= last} onMove={() => go(page + 1)}>
          ›
        </PageMove>
      </div>
    </nav>
  );
}

interface RefusedProps {
  readonly entry: Entry;
  /** Whether it is being put right. */
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

function Refused({ entry: listed, isOpen, onOpen, onClose }: RefusedProps) {
  const [isWholeWanted, setIsWholeWanted] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (wasOpen.current && !isOpen) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const whole = useQuery({ ...refusedQuery(listed.id), enabled: isWholeWanted });
  const entry = whole.data?.entries[0] ?? listed;
  const { atMs, origin, line, code, reason, encoding, cutFrom, converted } = entry;
  const mark = listed.putBack;
  const isBytes = encoding === 'base64' && converted === undefined;
  return (
    <li>
      <p>
        <code className="code">{code}</code> {reason}
      </p>
      <p className="over">
        From {origin}, line {printCount(line)}, {printMoment(atMs)}
      </p>
      {mark !== undefined && <Mark mark={mark} />}
      {(!isOpen || converted !== undefined) && <pre className="record-json">{entry.record}</pre>}
      {isOpen && <Correction entry={entry} onClose={onClose} />}
      {cutFrom !== undefined && (
        <div className="correction-buttons">
          <p className="over">Not all of it is shown: the record has {printBytes(cutFrom)}.</p>
          <button type="button" disabled={whole.isFetching} onClick={() => setIsWholeWanted(true)}>
            Show all of it
          </button>
          {whole.error !== null && (
            <p className="disagrees" role="alert">
              {whole.error.message}
            </p>
          )}
        </div>
      )}
      {!isOpen && cutFrom === undefined && isBytes && (
        <p className="over">It is no text, so its bytes are shown in base64 and cannot be put right here.</p>
      )}
      {!isOpen && cutFrom === undefined && !isBytes && mark?.outcome !== 'accepted' && (
        <button ref={opener} type="button" onClick={onOpen}>
          Put it right
        </button>
      )}
    </li>
  );
}

/** What became of an entry that was put right. */
function Mark({ mark: { atMs, outcome, offset } }: { readonly mark: NonNullable<Entry['putBack']> }) {
  if (outcome === 'duplicate' || offset === undefined) {
    return <p className="over">Sent again {printMoment(atMs)}: that record is counted already, so it was left out.</p>;
  }
  return (
    <p className="agrees">
      ✓ Put right {printMoment(atMs)}:{' '}
      <a href={`/records?record=${offset}`} onClick={follow}>
        offset {printCount(offset)}
      </a>
    </p>
  );
}

interface CorrectionProps {
  readonly entry: Entry;
  readonly onClose: () => void;
}

/** The record to be changed and sent; says what became of it. */
function Correction({ entry, onClose }: CorrectionProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const client = useQueryClient();
  const [text, setText] = useState(entry.converted ?? entry.record);
  const [answer, setAnswer] = useState<AcceptanceAnswer | Error>();
  const [isSending, setIsSending] = useState(false);
  useEffect(() => area.current?.focus(), []);
  const send = async (): Promise<void> => {
    if (isSending) return;
    setIsSending(true);
    try {
      setAnswer(await putBack(entry.id, text));
    } catch (error) {
      setAnswer(error instanceof Error ? error : new Error(String(error)));
    }
    try {
      // Also where it was refused: somebody else may have put the entry right meanwhile, and its mark says so.
      await Promise.all([['pipeline'], ['quarantine']].map((queryKey) => client.invalidateQueries({ queryKey })));
    } finally {
      setIsSending(false);
    }
  };
  return (
    <form
      className="correction"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label htmlFor={id}>The record, in JSON</label>
      <textarea
        ref={area}
        id={id}
        rows={6}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="correction-buttons">
        <button type="submit" className="primary" aria-disabled={isSending}>
          Send it again
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
        {answer !== undefined && <Outcome answer={answer} />}
      </div>
    </form>
  );
}

function Outcome({ answer }: { readonly answer: AcceptanceAnswer | Error }) {
  if (answer instanceof Error) {
    return (
      <p className="disagrees" role="alert">
        {answer.message}
      </p>
    );
  }
  const [refused] = answer.quarantined;
  if (refused !== undefined) {
    return (
      <p className="disagrees" role="alert">
        Still not right: {refused.reason}
      </p>
    );
  }
  if (answer.duplicates > 0) {
    return <p role="status">This record is counted already, so it was left out.</p>;
  }
  return (
    <p className="agrees" role="status">
      ✓ Accepted at offset {printCount(answer.offset - 1)}
    </p>
  );
}
