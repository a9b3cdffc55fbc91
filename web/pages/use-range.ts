import { useEffect, useMemo, useState } from 'react';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import type { DayRange, Preset } from '../api/day-range.ts';
import { presetRange, PRESETS } from '../api/day-range.ts';
import { useChoices } from '../choices.ts';
import { isDay, storeDay } from '../days.ts';

/** How often the store's day is looked at: a page that was asleep knows the new one soon. */
const LOOK_MS = 1_000;

/** The store's business day; changes by itself at its end. */
export function useToday({ timeZone, businessDayEndsAtHour }: DefinitionAnswer['stream']): string {
  const [today, setToday] = useState(() => storeDay(Date.now(), timeZone, businessDayEndsAtHour));
  useEffect(() => {
    const timer = setInterval(() => setToday(storeDay(Date.now(), timeZone, businessDayEndsAtHour)), LOOK_MS);
    return () => clearInterval(timer);
  }, [timeZone, businessDayEndsAtHour]);
  return today;
}

/** The range that the address holds: a preset, or days; what is neither is as if it were not there. */
export interface ChosenRange extends DayRange {
  readonly preset: Preset | undefined;
}

export function useRange(today: string): ChosenRange {
  const choices = useChoices();
  const named = choices.get('range');
  const preset = named !== null && Object.hasOwn(PRESETS, named) ? (named as Preset) : undefined;
  const from = dayOf(choices.get('from'));
  const to = dayOf(choices.get('to'));
  return useMemo(
    () => ({ preset, ...(preset === undefined ? { from, to } : presetRange(preset, today)) }),
    [preset, from, to, today],
  );
}

function dayOf(text: string | null): string | undefined {
  return text !== null && isDay(text) ? text : undefined;
}
