import { useId, useMemo } from 'react';
import type { DayRange } from '../api/day-range.ts';
import { choose, useChoices } from '../choices.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The range that the address holds; what is no day is as if it were not there. */
export function useDayRange(): DayRange {
  const choices = useChoices();
  const from = dayOf(choices.get('from'));
  const to = dayOf(choices.get('to'));
  return useMemo(() => ({ from, to }), [from, to]);
}

function dayOf(text: string | null): string | undefined {
  return text !== null && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** Chooses the days that the whole page shows. */
export function DateRange() {
  const { from, to } = useDayRange();
  const isBackwards = from !== undefined && to !== undefined && from > to;
  return (
    <fieldset className="date-range">
      <legend>Date range</legend>
      <DayInput label="From" name="from" day={from} isInvalid={isBackwards} />
      <DayInput label="To" name="to" day={to} isInvalid={isBackwards} />
      <button
        type="button"
        disabled={from === undefined && to === undefined}
        onClick={() => choose({ from: undefined, to: undefined })}
      >
        All days
      </button>
      {isBackwards && (
        <p className="date-range-hint" role="alert">
          From is after To, so there is no day to show.
        </p>
      )}
    </fieldset>
  );
}

interface DayInputProps {
  readonly label: string;
  /** Of the choice in the address. */
  readonly name: string;
  readonly day: string | undefined;
  readonly isInvalid: boolean;
}

function DayInput({ label, name, day, isInvalid }: DayInputProps) {
  const id = useId();
  return (
    <span className="day-input">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={day ?? ''}
        aria-invalid={isInvalid}
        onChange={(event) => choose({ [name]: event.currentTarget.value })}
      />
    </span>
  );
}
