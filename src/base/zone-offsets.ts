import { present } from './assert.ts';

/** What a time zone's offset from UTC is since when, Unix time; undefined where it is not known. */
export interface ZoneOffset {
  readonly sinceS: number;
  readonly offsetS: number | undefined;
}

const FIRST_S = Date.UTC(1970, 0, 1) / 1000;
const END_S = Date.UTC(2100, 0, 1) / 1000;
/** No zone's clock is changed and changed back within it; the least is 6 days and 23 hours, as in Recife in October 2000. */
const STEP_S = 3 * 86_400;

/**
 * The offsets of a time zone from UTC, oldest first, from 1970 to 2099: of the rules of `Intl`, by which records are
 * taken in. DuckDB and Spark bring rules of their own, and governments change theirs more often than those are released.
 * @param timeZone  an IANA name
 * @returns what the offset is since when; the last one is undefined, and says from when on nothing is known
 */
export function zoneOffsets(timeZone: string): readonly ZoneOffset[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsetAt = (epochS: number): number => {
    const name = format.formatToParts(epochS * 1000).find((part) => part.type === 'timeZoneName')?.value;
    return offsetIn(present(name, 'a moment is written with its offset'));
  };
  const offsets: ZoneOffset[] = [{ sinceS: FIRST_S, offsetS: offsetAt(FIRST_S) }];
  let known = offsetAt(FIRST_S);
  for (let fromS = FIRST_S; fromS < END_S; fromS += STEP_S) {
    const next = offsetAt(fromS + STEP_S);
    if (next === known) continue;
    offsets.push({ sinceS: firstWith(next, fromS, fromS + STEP_S, offsetAt), offsetS: next });
    known = next;
  }
  return [...offsets.filter(({ sinceS }) => sinceS < END_S), { sinceS: END_S, offsetS: undefined }];
}

/** The first second with an offset that holds at `withS`, and not yet at `withoutS`. */
function firstWith(offsetS: number, withoutS: number, withS: number, offsetAt: (epochS: number) => number): number {
  let [low, high] = [withoutS, withS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offsetS) high = middle;
    else low = middle;
  }
  return high;
}

/** Seconds of `GMT`, `GMT-05:00`, `GMT+00:19:32`. */
function offsetIn(name: string): number {
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = present(match, 'an offset is written as GMT-05:00');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}
