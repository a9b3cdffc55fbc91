import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DefinitionAnswer, ExplanationAnswer, JsonRow } from '../../src/server/protocol.ts';
import { explanationQuery } from '../api/queries.ts';
import type { Explained } from '../explain.ts';
import { closeExplained, useExplained, useExplainedSum } from '../explain.ts';
import { countOf, LOCALE, printCount, printFrame, printKey, printMoment } from '../format.ts';
import { TableScroller } from '../table-scroller.tsx';
import { columnLabel, measurePrinter } from '../tiles/labels.ts';
import { LateRecords } from '../tiles/late-records.tsx';
import { PageMove } from '../tiles/page-move.tsx';
import { TileError } from '../tiles/tile-frame.tsx';
import { numberFields, RecordHead } from './record-head.tsx';
import { follow } from './shell.tsx';
import { SidePanel } from './side-panel.tsx';
import { SumPanel } from './sum-panel.tsx';

const PAGE_SIZE = 25;

/** What the row, or the sum, is made of that the address asks about; nothing when it asks about none. */
export function ExplainPanel({ definition }: { readonly definition: DefinitionAnswer }) {
  const explained = useExplained(definition);
  const sum = useExplainedSum(definition);
  // A row stands in front of the sum that it is of.
  if (explained === undefined) {
    return sum === undefined ? null : <SumPanel key={JSON.stringify(sum)} definition={definition} sum={sum} />;
  }
  return <Panel key={JSON.stringify(explained)} definition={definition} explained={explained} />;
}

interface PanelProps {
  readonly definition: DefinitionAnswer;
  readonly explained: Explained;
}

function Panel({ definition, explained }: PanelProps) {
  const { report, key } = explained;
  const [page, setPage] = useState(0);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...explanationQuery(report, key, { limit: PAGE_SIZE, offset: page * PAGE_SIZE }),
    placeholderData: keepPreviousData,
  });
  const info = definition.reports.find(({ name }) => name === report);
  const title = info?.title ?? report;
  return (
    <SidePanel
      label={`Explain: ${title}`}
      over={`Explain · ${title}`}
      title={printKey(key, info?.columns ?? [])}
      onClose={closeExplained}
    >
      {error !== null && <TileError error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && (
        <p role="status">Looking through the log for the records of this row…</p>
      )}
      {data !== undefined && (
        <Content
          definition={definition}
          report={report}
          data={data}
          page={page}
          isStale={isPlaceholderData}
          onPage={setPage}
        />
      )}
    </SidePanel>
  );
}

interface ContentProps {
  readonly definition: DefinitionAnswer;
  readonly report: string;
  readonly data: ExplanationAnswer;
  readonly page: number;
  /** The records are those of another page, until its own are there. */
  readonly isStale: boolean;
  readonly onPage: (page: number) => void;
}

function Content({ definition, report, data, page, isStale, onPage }: ContentProps) {
  const { row, computed, waiting, total, looked, frame } = data;
  const columns = definition.reports.find(({ name }) => name === report)?.columns ?? [];
  const measures = columns.filter(({ role }) => role === 'measure');
  const isSame = measures.every(({ name }) => row?.[name] === computed?.[name]);
  if (row === null) {
    const why = waiting > 0 ? ` yet: ${lateText(waiting)}` : ', and so no record of it';
    return <p className="notice">There is no such row{why}.</p>;
  }
  const pages = Math.ceil(total / PAGE_SIZE);
  return (
    <>
      <dl className="explain-figures">
        {measures.map((column) => (
          <div key={column.name}>
            <dt>{columnLabel(definition, report, column)}</dt>
            <dd>{measurePrinter(definition, report, column.name)(row[column.name])}</dd>
          </div>
        ))}
        <div>
          <dt>Records</dt>
          <dd>{printCount(total)}</dd>
        </div>
      </dl>
      <Records
        records={data.records}
        definition={definition}
        measures={measures.map(({ of }) => of ?? '')}
        isStale={isStale}
      />
      <footer className="explain-sums">
        {pages > 1 && (
          <nav aria-label="Pages of the records" className="page-moves">
            <PageMove label="Previous records" isOff={page === 0} onMove={() => onPage(page - 1)}>
              ‹
            </PageMove>
            <span>
              {page + 1} of {printCount(pages)}
            </span>
            <PageMove label="Next records" isOff={page + 1 >= pages} onMove={() => onPage(page + 1)}>
              ›
            </PageMove>
          </nav>
        )}
        <p className={isSame ? 'agrees' : waiting > 0 ? undefined : 'disagrees'}>
          {isSame ? '✓ ' : waiting > 0 ? '' : '✗ '}
          {countOf(total, 'records')} {total === 1 ? 'gives' : 'give'}{' '}
          {measures.map((column, index) => (
            <span key={column.name}>
              {index > 0 && ', '}
              {columnLabel(definition, report, column).toLowerCase()}{' '}
              <strong>
                <data value={String(computed?.[column.name] ?? '')}>
                  {measurePrinter(definition, report, column.name)(computed?.[column.name])}
                </data>
              </strong>
            </span>
          ))}
          {isSame ? ', just as the report says' : otherwiseText(waiting)}.
        </p>
        <p className="over">
          As of {printFrame(frame, definition.frames)}; {countOf(looked, 'records')} of the log{' '}
          {looked === 1 ? 'was' : 'were'} looked at
        </p>
      </footer>
      <Duplicates data={data} />
      <Amendments data={data} definition={definition} report={report} />
    </>
  );
}

function otherwiseText(waiting: number): string {
  if (waiting === 0) return '. The report says otherwise: run daybook verify';
  return `. The report does not have all of them yet: ${lateText(waiting)}`;
}

/** Why a row of a closed day lacks records. */
function lateText(waiting: number): string {
  const wait = waiting === 1 ? 'waits' : 'wait';
  return `${countOf(waiting, 'records')} of its day came late and ${wait} until the day is computed again`;
}

interface RecordsProps {
  readonly records: ExplanationAnswer['records'];
  readonly definition: DefinitionAnswer;
  /** How the row's measures are computed: the fields that they are of are shown first. */
  readonly measures: readonly string[];
  readonly isStale: boolean;
}

function Records({ records, definition, measures, isStale }: RecordsProps) {
  const { stream } = definition;
  const summed = measures.flatMap((of) => /\((.+)\)/.exec(of)?.[1] ?? []);
  const fields = [...new Set([stream.eventTime, ...summed, ...stream.fields])].filter((name) =>
    stream.fields.includes(name),
  );
  const numbers = numberFields(stream);
  const hasPartitions = records.some(({ partition }) => partition > 0);
  return (
    <TableScroller className="explain-records" label="Records of the row" isBusy={isStale}>
      <table>
        <RecordHead hasPartitions={hasPartitions} fields={fields} numbers={numbers} />
        <tbody>
          {records.map(({ partition, offset, value }) => {
            const record = JSON.parse(value) as JsonRow;
            return (
              <tr key={`${partition} ${offset}`}>
                {hasPartitions && <td className="number">{partition}</td>}
                <td className="number">
                  <a href={`/records?record=${offset}&partition=${partition}`} onClick={follow}>
                    {printCount(offset)}
                  </a>
                </td>
                {fields.map((name) => (
                  <td key={name} className={numbers.has(name) ? 'number' : undefined}>
                    {cellText(record[name])}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableScroller>
  );
}

/** A field's value; of a number no more than the six places that count. The record itself has all its digits. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return value.toLocaleString(LOCALE, { maximumFractionDigits: 6, useGrouping: false });
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Duplicates({ data: { duplicates } }: { readonly data: ExplanationAnswer }) {
  if (duplicates.length === 0) return null;
  return (
    <section className="explain-more">
      <h3>{countOf(duplicates.length, 'repeats')} left out and kept</h3>
      <p>They came again with a key that was there already; the first one counts. More may have come than are kept.</p>
      <ul>
        {duplicates.map(({ id, atMs, origin, line, key }) => (
          <li key={id}>
            <code>{key}</code> from {origin}, line {printCount(line)}, at {printMoment(atMs)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Amendments({ data, definition, report }: Pick<ContentProps, 'data' | 'definition' | 'report'>) {
  const { amendments } = data;
  const columns = definition.reports.find(({ name }) => name === report)?.columns ?? [];
  if (amendments.length === 0) return null;
  return (
    <section className="explain-more">
      <h3>{countOf(amendments.length, 'changes')} after the day was closed</h3>
      <ul>
        {amendments.map(({ id, firstOffset, frame, before, after }) => (
          <li key={id}>
            {columns
              .filter(({ name, role }) => role === 'measure' && before?.[name] !== after[name])
              .map((column, index) => {
                const print = measurePrinter(definition, report, column.name);
                return (
                  <span key={column.name}>
                    {index > 0 && ', '}
                    {columnLabel(definition, report, column)}: {print(before?.[column.name])} →{' '}
                    <strong>{print(after[column.name])}</strong>
                  </span>
                );
              })}
            , by records that came late: <LateRecords firstOffset={firstOffset} frame={frame} />
          </li>
        ))}
      </ul>
    </section>
  );
}
