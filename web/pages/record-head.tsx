import type { StreamInfo } from '../../src/server/protocol.ts';
import { heading } from '../format.ts';

interface RecordHeadProps {
  readonly hasPartitions: boolean;
  readonly fields: readonly string[];
  /** Those of them that hold numbers. */
  readonly numbers: ReadonlySet<string>;
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'number']);

/** The fields that hold numbers, in quotes or not: a column has one side, whatever a record wrote. */
export function numberFields({ schema }: StreamInfo): ReadonlySet<string> {
  return new Set(schema.filter(({ kind }) => NUMBERS.has(kind)).map(({ name }) => name));
}

/** The head of a table of records: where each stands in the log or its topic, and its fields. */
export function RecordHead({ hasPartitions, fields, numbers }: RecordHeadProps) {
  return (
    <thead>
      <tr>
        {hasPartitions && (
          <th scope="col" className="number">
            Partition
          </th>
        )}
        <th scope="col" className="number">
          Offset
        </th>
        {fields.map((name) => (
          <th key={name} scope="col" className={numbers.has(name) ? 'number' : undefined}>
            {heading(name)}
          </th>
        ))}
      </tr>
    </thead>
  );
}
