import type { DefinitionAnswer, TopicRecordInfo } from '../../src/server/protocol.ts';
import { choose } from '../choices.ts';
import { printCount } from '../format.ts';
import { fieldTexts } from '../json-text.ts';
import { TableScroller } from '../table-scroller.tsx';
import { numberFields, RecordHead } from './record-head.tsx';

interface RecordTableProps {
  readonly records: readonly TopicRecordInfo[];
  readonly definition: DefinitionAnswer;
}

/** Records as rows of a table, a field a column; a row opens the record. */
export function RecordTable({ records, definition }: RecordTableProps) {
  const { eventTime, primaryKey, fields } = definition.stream;
  const shown = [eventTime, ...fields.filter((name) => name !== eventTime && name !== primaryKey), primaryKey];
  const numbers = numberFields(definition.stream);
  const hasPartitions = records.some(({ partition }) => partition > 0);
  return (
    <TableScroller className="record-scroller" label="Records">
      <table className="plain">
        <RecordHead hasPartitions={hasPartitions} fields={shown} numbers={numbers} />
        <tbody>
          {records.map((record) => (
            <RecordRow
              key={`${record.partition} ${record.offset}`}
              record={record}
              fields={shown}
              numbers={numbers}
              hasPartitions={hasPartitions}
            />
          ))}
        </tbody>
      </table>
    </TableScroller>
  );
}

interface RecordRowProps {
  readonly record: TopicRecordInfo;
  readonly fields: readonly string[];
  readonly numbers: ReadonlySet<string>;
  readonly hasPartitions: boolean;
}

function RecordRow({ record, fields, numbers, hasPartitions }: RecordRowProps) {
  const values = fieldTexts(record.value);
  const open = (): void => choose({ record: String(record.offset), partition: String(record.partition) }, 'push');
  return (
    <tr onClick={open}>
      {hasPartitions && <td className="number">{record.partition}</td>}
      <td className="number">
        <button
          type="button"
          className="cell-button"
          aria-label={`Open record ${printCount(record.offset)}`}
          onClick={(event) => {
            event.stopPropagation();
            open();
          }}
        >
          {printCount(record.offset)}
        </button>
      </td>
      {values === undefined ? (
        <td colSpan={fields.length}>{record.value}</td>
      ) : (
        fields.map((name) => (
          <td key={name} className={numbers.has(name) ? 'number' : undefined}>
            {cellText(values.get(name))}
          </td>
        ))
      )}
    </tr>
  );
}

/** A field's value as the record has it; a text without its quotes. */
function cellText(value: string | undefined): string {
  if (value === undefined || value === 'null') return '–';
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}
