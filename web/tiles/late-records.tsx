import { printCount } from '../format.ts';
import { follow } from '../pages/shell.tsx';

interface LateRecordsProps {
  readonly firstOffset: number;
  readonly frame: number;
}

/** The way to the records that an amendment is due to; on the stack its frame, which has no offsets. */
export function LateRecords({ firstOffset, frame }: LateRecordsProps) {
  if (firstOffset >= frame) return <span>frame {printCount(frame)}</span>;
  return (
    <a href={`/records?offset=${firstOffset}`} onClick={follow}>
      offset {printCount(firstOffset)}
      {frame - firstOffset > 1 ? `–${printCount(frame - 1)}` : ''}
    </a>
  );
}
