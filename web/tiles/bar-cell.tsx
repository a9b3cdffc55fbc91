/** The least and the greatest value of the whole result. */
export interface Extent {
  readonly min: number;
  readonly max: number;
}

interface BarCellProps {
  readonly value: number;
  readonly text: string;
  /** The least and the greatest value of the whole result; undefined until it is known: no bar yet. */
  readonly extent: Extent | undefined;
}

/** A number over a bar from zero to it, or above it where there is little room; with negative values about, zero lies inside of the cell. */
export function BarCell({ value, text, extent }: BarCellProps) {
  const bar = extent === undefined ? undefined : barOf(value, extent);
  return (
    <div className="bar-cell">
      {bar !== undefined && (
        <span
          className={`bar-fill${value < 0 ? ' negative' : ''}`}
          style={{ left: `${bar.startShare * 100}%`, width: `${bar.lengthShare * 100}%` }}
        />
      )}
      <data value={value}>{text}</data>
    </div>
  );
}

/** Where a bar lies, as shares of its room. A value that has just outgrown the extent ends at its edge. */
export function barOf(
  value: number,
  { min, max }: Extent,
): { readonly startShare: number; readonly lengthShare: number } {
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  const span = high - low;
  if (span === 0) return { startShare: 0, lengthShare: 0 };
  const shareOf = (each: number): number => (Math.max(low, Math.min(high, each)) - low) / span;
  const startShare = shareOf(Math.min(0, value));
  return { startShare, lengthShare: shareOf(Math.max(0, value)) - startShare };
}
