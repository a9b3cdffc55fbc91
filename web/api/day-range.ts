import { addDays } from '../days.ts';

/** Business dates `YYYY-MM-DD`, both included; undefined: open. */
export interface DayRange {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Ranges that move on with the store's day. */
export const PRESETS = {
  today: 'Today',
  '7d': '7 days',
  '30d': '30 days',
  mtd: 'Month to date',
} as const;

export type Preset = keyof typeof PRESETS;

/** The range of a preset on a day. */
export function presetRange(preset: Preset, today: string): DayRange {
  switch (preset) {
    case 'today':
      return { from: today, to: today };
    case '7d':
      return { from: addDays(today, -6), to: today };
    case '30d':
      return { from: addDays(today, -29), to: today };
    case 'mtd':
      return { from: `${today.slice(0, 7)}-01`, to: today };
  }
}

/** Whether it ends before it begins: no day lies in it, and the API is not asked for one that does. */
export function isBackwards({ from, to }: DayRange): boolean {
  return from !== undefined && to !== undefined && from > to;
}

/** Whether a day lies in the range. Days compare as texts. */
export function isInRange(day: string, { from, to }: DayRange): boolean {
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}
