import { useState } from 'react';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import { useAmendmentList } from '../api/use-amendment-list.ts';
import { usePageState } from '../api/use-view.ts';
import { countOf } from '../format.ts';
import { joinValues, printCell } from '../key-text.ts';
import { columnLabel, dimensionsOf, measurePrinter } from '../tiles/labels.ts';
import { LateRecords } from '../tiles/late-records.tsx';
import { TileError } from '../tiles/tile-frame.tsx';
import './records-page.css';

const LISTED_MAX = 100;
/** So many until more are asked for: on a phone each takes three lines. */
const LISTED_FIRST = 10;

/** What changed in closed days: the row, old and new values, and the records that did it. */
export function AmendmentList({ definition }: { readonly definition: DefinitionAnswer }) {
  const { amendments } = usePageState();
  const { kept, entries, isKnown, error, onRetry } = useAmendmentList();
  const [isLong, setIsLong] = useState(false);
  const listed = entries.slice(0, LISTED_MAX);
  return (
    <section className="tile" aria-label="Amendments">
      <h2>{amendments === 0 ? 'Amendments' : countOf(amendments, 'amendments')}</h2>
      <p className="tile-note">
        A day is closed {definition.stream.latenessDays} days behind the newest one. Records that come later still
        count, and what they change is listed here.
      </p>
      {amendments > LISTED_MAX && (
        <p className="tile-note">
          The newest {LISTED_MAX} can be listed.
          {kept > 0 &&
            kept < amendments &&
            ` The newest ${countOf(kept, 'changes')} are kept, the others only counted.`}
        </p>
      )}
      {error !== null && <TileError error={error} onRetry={onRetry} />}
      {!isKnown && error === null && <p role="status">Reading the amendments…</p>}
      {isKnown && entries.length === 0 && (
        <p className="notice">
          {amendments === 0 ? 'No closed day has changed.' : 'They are counted, and none is kept to be looked at.'}
        </p>
      )}
      <ul className="refused">
        {listed
          .slice(0, isLong ? LISTED_MAX : LISTED_FIRST)
          .map(({ id, report, before, after, firstOffset, frame }) => {
            const columns = definition.reports.find(({ name }) => name === report)?.columns ?? [];
            return (
              <li key={id} className="amendment">
                <span>
                  <strong>
                    {joinValues(dimensionsOf(definition, report).map((name) => printCell(after[name] ?? null)))}
                  </strong>{' '}
                  <span className="over">{report}</span>
                </span>
                <span>
                  {columns
                    .filter(({ name, role }) => role === 'measure' && before?.[name] !== after[name])
                    .map((column) => {
                      const print = measurePrinter(definition, report, column.name);
                      const label = columnLabel(definition, report, column);
                      return `${label} ${print(before?.[column.name])} → ${print(after[column.name])}`;
                    })
                    .join(', ')}
                </span>
                <LateRecords firstOffset={firstOffset} frame={frame} />
              </li>
            );
          })}
      </ul>
      {listed.length > LISTED_FIRST && (
        <button type="button" className="amendment-more" aria-expanded={isLong} onClick={() => setIsLong(!isLong)}>
          {isLong ? `Show the newest ${LISTED_FIRST}` : `Show ${listed.length - LISTED_FIRST} more`}
        </button>
      )}
    </section>
  );
}
