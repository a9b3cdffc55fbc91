import { useRef } from 'react';
import { flushSync } from 'react-dom';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import { choose } from '../choices.ts';
import type { Filters } from '../filters.ts';
import { filterBy } from '../filters.ts';
import { focusHeading } from '../focus.ts';
import { heading, printDay } from '../format.ts';
import { printKeyText } from '../key-text.ts';
import { printPlace } from '../tiles/places.ts';
import type { ChosenRange } from './use-range.ts';

interface FilterChipsProps {
  readonly definition: DefinitionAnswer;
  readonly filters: Filters;
  readonly range: ChosenRange;
}

interface Chip {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly close: () => void;
}

/** Says what the page is filtered by; each can be closed. */
export function FilterChips({ definition, filters, range }: FilterChipsProps) {
  const list = useRef<HTMLUListElement>(null);
  const chips = chipsOf(definition, filters, range);
  // The focus goes to the chip that stands there then, or to the last one.
  const remove = ({ close }: Chip, index: number): void => {
    flushSync(close);
    const buttons = list.current?.querySelectorAll('button') ?? [];
    const next = buttons[Math.min(index, buttons.length - 1)];
    if (next === undefined) focusHeading();
    else next.focus();
  };
  if (chips.length === 0) return null;
  return (
    <ul ref={list} className="chips" aria-label="Filters">
      {chips.map((chip, index) => (
        <li key={chip.key} className="chip">
          <span>
            {chip.label}: <strong>{chip.value}</strong>
          </span>
          <button
            type="button"
            aria-label={`Remove the filter ${chip.label}: ${chip.value}`}
            onClick={() => remove(chip, index)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

function chipsOf({ dashboard }: DefinitionAnswer, filters: Filters, range: ChosenRange): readonly Chip[] {
  const map = dashboard.tiles.find((tile) => tile.kind === 'map');
  const place = map !== undefined && map.latitude in filters && map.longitude in filters ? map : undefined;
  const single = Object.entries(filters).filter(([name]) => name !== place?.latitude && name !== place?.longitude);
  const chips: Chip[] = single.map(([name, value]) => {
    return {
      key: name,
      label: heading(name),
      value: printKeyText(value),
      close: () => filterBy({ [name]: undefined }),
    };
  });
  if (place !== undefined) {
    const at = { latitude: Number(filters[place.latitude]), longitude: Number(filters[place.longitude]) };
    const close = (): void => filterBy({ [place.latitude]: undefined, [place.longitude]: undefined });
    chips.push({ key: 'place', label: 'Place', value: printPlace(at), close });
  }
  if (range.preset === undefined && range.from !== undefined && range.from === range.to) {
    const close = (): void => choose({ from: undefined, to: undefined }, 'push');
    chips.push({ key: 'day', label: 'Day', value: printDay(range.from), close });
  }
  return chips;
}
