import { heading } from '../format.ts';

interface RecordHeadProps {
  readonly hasPartitions: boolean;
  readonly fields: readonly string[];
}

/** The head of a table of records: where each stands in the log or its topic, and its fields. */
export function RecordHead({ hasPartitions, fields }: RecordHeadProps) {
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
          <th key={name} scope="col">
            {heading(name)}
          </th>
        ))}
      </tr>
    </thead>
  );
}
