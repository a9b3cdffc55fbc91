import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { AcceptanceAnswer, QuarantineAnswer } from '../../src/server/protocol.ts';
import { postRecord } from '../api/http.ts';
import { pipelineQuery, quarantineQuery } from '../api/queries.ts';
import { choose, useChoices } from '../choices.ts';
import { countOf, printCount, printMoment } from '../format.ts';
import { TileError } from '../tiles/tile-frame.tsx';

const PAGE_SIZE = 20;

type Entry = QuarantineAnswer['entries'][number];

/** What was refused, why, and the way to put it right and send it again. */
export function QuarantineList() {
  const page = Math.max(0, Number(useChoices().get('page') ?? 0) || 0);
  const { data: pipeline } = useQuery(pipelineQuery);
  const { data, error, refetch } = useQuery({
    ...quarantineQuery(PAGE_SIZE, page * PAGE_SIZE, pipeline?.quarantined),
    placeholderData: keepPreviousData,
  });
  if (error !== null) return <TileError error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <p role="status">Reading the quarantine…</p>;
  if (data.total === 0) {
    return (
      <section className="tile">
        <p className="notice">Nothing was refused. What cannot be accepted comes here, whole, with the reason.</p>
      </section>
    );
  }
  return (
    <section className="tile records-tile" aria-label="Quarantine">
      <p className="tile-note">
        {countOf(data.total, 'records')} refused, newest first. Put one right and send it: it counts once it is
        accepted, and stays listed here as it came.
      </p>
      <ul className="refused">
        {data.entries.map((entry) => (
          <Refused key={entry.id} entry={entry} />
        ))}
      </ul>
      <Pages page={page} total={data.total} />
    </section>
  );
}

function Pages({ page, total }: { readonly page: number; readonly total: number }) {
  const last = Math.ceil(total / PAGE_SIZE) - 1;
  const go = (to: number): void => choose({ page: to === 0 ? undefined : String(to) }, 'push');
  return (
    <nav className="page-controls" aria-label="Pages of the quarantine">
      <div className="page-moves">
        <span>
          {page + 1} of {printCount(last + 1)}
        </span>
        <button type="button" aria-label="Newer entries" disabled={page === 0} onClick={() => go(page - 1)}>
          ‹
        </button>
        <button type="button" aria-label="Older entries" disabled={page >= last} onClick={() => go(page + 1)}>
          ›
        </button>
      </div>
    </nav>
  );
}

function Refused({ entry }: { readonly entry: Entry }) {
  const [isOpen, setIsOpen] = useState(false);
  const { atMs, origin, line, code, reason, encoding } = entry;
  return (
    <li>
      <p>
        <code className="code">{code}</code> {reason}
      </p>
      <p className="over">
        From {origin}, line {printCount(line)}, {printMoment(atMs)}
      </p>
      {isOpen ? (
        <Correction entry={entry} onClose={() => setIsOpen(false)} />
      ) : (
        <>
          <pre className="record-json">{entry.record}</pre>
          {encoding === 'base64' ? (
            <p className="over">It is no text, so its bytes are shown in base64 and cannot be put right here.</p>
          ) : (
            <button type="button" onClick={() => setIsOpen(true)}>
              Put it right
            </button>
          )}
        </>
      )}
    </li>
  );
}

interface CorrectionProps {
  readonly entry: Entry;
  readonly onClose: () => void;
}

/** The record to be changed and sent; says what became of it. */
function Correction({ entry, onClose }: CorrectionProps) {
  const id = useId();
  const client = useQueryClient();
  const [text, setText] = useState(entry.record);
  const [answer, setAnswer] = useState<AcceptanceAnswer | Error>();
  const [isSending, setIsSending] = useState(false);
  const send = async (): Promise<void> => {
    setIsSending(true);
    try {
      setAnswer(await postRecord(text));
      await client.invalidateQueries({ queryKey: ['pipeline'] });
    } catch (error) {
      setAnswer(error instanceof Error ? error : new Error(String(error)));
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
        id={id}
        rows={6}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="correction-buttons">
        <button type="submit" className="primary" disabled={isSending}>
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
    return <p role="status">A record with this key is there already, so it was left out.</p>;
  }
  return (
    <p className="agrees" role="status">
      ✓ Accepted at offset {printCount(answer.offset - 1)}
    </p>
  );
}
