import { printCount } from '../format.ts';
import type { Place } from './places.ts';
import { printPlace } from './places.ts';

const LISTED_MAX = 20;

interface PlaceListProps {
  readonly places: readonly Place[];
  /** What is counted, in the plural. */
  readonly label: string;
}

/** The largest places as a table. */
export function PlaceList({ places, label }: PlaceListProps) {
  const largest = places.toSorted((a, b) => b.value - a.value).slice(0, LISTED_MAX);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col" className="number">
            {label}
          </th>
        </tr>
      </thead>
      <tbody>
        {largest.map((place) => (
          <tr key={`${place.latitude} ${place.longitude}`}>
            <td>{printPlace(place)}</td>
            <td className="number">{printCount(place.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
