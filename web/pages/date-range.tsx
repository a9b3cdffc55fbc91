import { useId, useRef } from 'react';
import { isBackwards, PRESETS } from '../api/day-range.ts';
import { choose } from '../choices.ts';
import { printRange } from '../format.ts';
import type { ChosenRange } from './use-range.ts';

/** Chooses the days that the whole page shows; on paper it says which they are. */
export function DateRange({ range }: { readonly range: ChosenRange }) {
  const { from, to, preset } = range;
  const isInvalid = isBackwards(range);
  const isAll = from === undefined && to === undefined;
  return (
    <>
      <fieldset className="date-range">
        <legend>Date range</legend>
        <div className="segments">
          {Object.entries(PRESETS).map(([name, label]) => (
            <button
              key={name}
              type="button"
              aria-pressed={preset === name}
              onClick={() => choose({ range: name, from: undefined, to: undefined }, 'push')}
            >
              {label}
            </button>
          ))}
          <button
            type="button"
            aria-pressed={isAll}
            onClick={() => choose({ range: undefined, from: undefined, to: undefined }, 'push')}
          >
            All days
          </button>
        </div>
        <DayInput label="From" name="from" day={from} range={range} isInvalid={isInvalid} />
        <DayInput label="To" name="to" day={to} range={range} isInvalid={isInvalid} />
        {isInvalid && (
          <p className="date-range-hint" role="alert">
            From is after To, so there is no day to show.
          </p>
        )}
      </fieldset>
      <p className="printed-range">{printRange(from, to)}</p>
    </>
  );
}

interface DayInputProps {
  readonly label: string;
  /** Of the choice in the address. */
  readonly name: 'from' | 'to';
  readonly day: string | undefined;
  readonly range: ChosenRange;
  readonly isInvalid: boolean;
}

function DayInput({ label, name, day, range, isInvalid }: DayInputProps) {
  const id = useId();
  const isTyping = useRef(false);
  // A preset that is changed by hand becomes the days that it stood for.
  const { from, to } = range;
  return (
    <span className="day-input">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="date"
        // Without it the year takes six digits, and what has more than four is no day.
        max="9999-12-31"
        value={day ?? ''}
        aria-invalid={isInvalid}
        onFocus={() => {
          isTyping.current = false;
        }}
        onChange={(event) => {
          const chosen = event.currentTarget.value === '' ? undefined : event.currentTarget.value;
          // What is typed digit by digit is one step of the way back.
          choose({ from, to, range: undefined, [name]: chosen }, isTyping.current ? 'replace' : 'push');
          isTyping.current = true;
        }}
      />
    </span>
  );
}
