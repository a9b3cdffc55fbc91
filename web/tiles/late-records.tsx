import { useQuery } from '@tanstack/react-query';
import { definitionQuery } from '../api/queries.ts';
import { printCount, printFrame } from '../format.ts';
import { follow } from '../pages/shell.tsx';

interface LateRecordsProps {
  readonly firstOffset: number;
  readonly frame: number;
}

/** The way to the records that an amendment is due to; on the stack the frame that has them, as nobody notes their offsets there. */
export function LateRecords({ firstOffset, frame }: LateRecordsProps) {
  const frames = useQuery(definitionQuery).data?.frames;
  if (firstOffset >= frame) return <span>{printFrame(frame, frames)}</span>;
  return (
    <a href={`/records?offset=${firstOffset}`} onClick={follow}>
      offset {printCount(firstOffset)}
      {frame - firstOffset > 1 ? `–${printCount(frame - 1)}` : ''}
    </a>
  );
}
