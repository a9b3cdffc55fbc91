/** Business dates `YYYY-MM-DD`, both included; undefined: open. */
export interface DayRange {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Whether a day lies in the range. Days compare as texts. */
export function isInRange(day: string, { from, to }: DayRange): boolean {
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}
