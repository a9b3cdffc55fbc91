/** What a Daybook does by itself while it runs. `cron` is in the stream's time zone. */
export type Schedule =
  | {
      /** Verifies each day that is closed and has no file yet, and exports it. */
      readonly kind: 'dailyClose';
      readonly cron: string;
      /** The folder of the files, relative to where Daybook is started. */
      readonly exportTo: string;
    }
  | {
      /** Makes up the sales of the day before, and exports it if a folder is named. The same day has the same sales. */
      readonly kind: 'fakeData';
      readonly cron: string;
      readonly exportTo: string | null;
      /** About so many sales a day. */
      readonly perDay: number;
      readonly seed: number;
    };

/** One in the morning: the day before is over on the calendar, by which sales are made up. */
const EACH_NIGHT = '0 1 * * *';

/**
 * Verifies and exports days once they are closed. A day of which a figure does not agree is not exported; it is told, and
 * tried again the next time.
 *
 * @example
 * schedules: [dailyClose({ exportTo: '../days', cron: '30 2 * * *' })]
 */
export function dailyClose(options: { readonly exportTo: string; readonly cron?: string }): Schedule {
  return { kind: 'dailyClose', cron: EACH_NIGHT, ...options };
}

/** Makes up the sales of each day once it is over. */
export function fakeData(
  options: {
    readonly cron?: string;
    readonly exportTo?: string;
    readonly perDay?: number;
    readonly seed?: number;
  } = {},
): Schedule {
  return { kind: 'fakeData', cron: EACH_NIGHT, exportTo: null, perDay: 1000, seed: 1, ...options };
}
