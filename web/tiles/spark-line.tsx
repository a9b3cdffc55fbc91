const WIDTH = 100;
const HEIGHT = 20;

/** A small line of a row's values by day; what it says stands in the row's other cells. */
export function SparkLine({ values }: { readonly values: readonly number[] }) {
  const min = Math.min(0, ...values);
  const max = Math.max(0, ...values);
  const span = max - min || 1;
  const drawn = values.length === 1 ? [...values, ...values] : values;
  const points = drawn.map(
    (value, index) =>
      `${((index / (drawn.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - ((value - min) / span) * HEIGHT).toFixed(1)}`,
  );
  return (
    <svg className="spark" viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
}
