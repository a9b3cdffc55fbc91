import { useQuery } from '@tanstack/react-query';
import type { DefinitionAnswer, JsonRow } from '../../src/server/protocol.ts';
import { recordQuery } from '../api/queries.ts';
import { choose, takeBack, useChoices } from '../choices.ts';
import { explainText } from '../explain.ts';
import { printCount } from '../format.ts';
import { indented } from '../json-text.ts';
import { joinValues, printCell } from '../key-text.ts';
import { columnLabel, dimensionsOf, measurePrinter } from '../tiles/labels.ts';
import { TileError } from '../tiles/tile-frame.tsx';
import { SidePanel } from './side-panel.tsx';

interface RecordPanelProps {
  readonly topic: string;
  readonly definition: DefinitionAnswer;
}

/** The record that the address names: all of it, and the rows of the reports that it is in. */
export function RecordPanel({ topic, definition }: RecordPanelProps) {
  const choices = useChoices();
  const offset = choices.get('record');
  // A row that is explained stands in front.
  if (offset === null || !/^\d+$/.test(offset) || choices.has('explain')) return null;
  const partition = Number(choices.get('partition') ?? 0);
  return <Panel key={offset} topic={topic} definition={definition} offset={Number(offset)} partition={partition} />;
}

interface PanelProps extends RecordPanelProps {
  readonly offset: number;
  readonly partition: number;
}

function Panel({ topic, definition, offset, partition }: PanelProps) {
  const { data, error, refetch } = useQuery(recordQuery(topic, partition, offset));
  return (
    <SidePanel
      label={`Record ${offset}`}
      over={topic}
      title={`Offset ${printCount(offset)}`}
      onClose={() => takeBack(['record', 'partition'])}
    >
      {error !== null && <TileError error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <p role="status">Reading the record…</p>}
      {data !== undefined && (
        <>
          <pre className="record-json">{indented(data.record.value)}</pre>
          <section className="explain-more">
            <h3>In these rows, as they are now</h3>
            {data.rows.map(({ report, row }) => (
              <ReportRow key={report} definition={definition} report={report} row={row} />
            ))}
            {data.rows.length === 0 && <p>None of the reports counts it.</p>}
          </section>
        </>
      )}
    </SidePanel>
  );
}

interface ReportRowProps {
  readonly definition: DefinitionAnswer;
  readonly report: string;
  readonly row: JsonRow;
}

function ReportRow({ definition, report, row }: ReportRowProps) {
  const info = definition.reports.find(({ name }) => name === report);
  if (info === undefined) return null;
  return (
    <div className="record-row">
      <p>
        {info.title}
        <br />
        <span className="over">
          {joinValues(dimensionsOf(definition, report).map((name) => printCell(row[name] ?? null)))}
        </span>
      </p>
      <p>
        {info.columns
          .filter(({ role }) => role === 'measure')
          .map(
            (column) =>
              `${columnLabel(definition, report, column)} ${measurePrinter(definition, report, column.name)(row[column.name])}`,
          )
          .join(', ')}
      </p>
      <button type="button" onClick={() => choose({ explain: explainText(definition, report, row) }, 'push')}>
        Explain
      </button>
    </div>
  );
}
