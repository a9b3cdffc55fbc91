import type { PrintNumber } from '../format.ts';
import { printCount } from '../format.ts';
import type { Place } from './places.ts';
import { printWhere } from './places.ts';

const LISTED_MAX = 200;

interface PlaceListProps {
  readonly places: readonly Place[];
  /** What is counted, in the plural. */
  readonly label: string;
  readonly print: PrintNumber;
  /** Prints a value with what it is of. */
  readonly amount: PrintNumber;
  readonly onPlace: (place: Place) => void;
  readonly onExplain: (place: Place) => void;
}

/** The places as a table, the largest first: for those who cannot see the map, or want to read it. */
export function PlaceList({ places, label, print, amount, onPlace, onExplain }: PlaceListProps) {
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
          <tr key={`${place.reportedLatitude} ${place.longitude}`}>
            <td>
              <button type="button" className="cell-button" onClick={() => onPlace(place)}>
                {printWhere(place)}
              </button>
            </td>
            <td className="number">
              <button
                type="button"
                className="cell-button"
                aria-label={`Explain ${amount(place.value)} at ${printWhere(place)}`}
                onClick={() => onExplain(place)}
              >
                {print(place.value)}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
      {places.length > LISTED_MAX && (
        <caption>
          The {LISTED_MAX} largest of {printCount(places.length)} places
        </caption>
      )}
    </table>
  );
}
