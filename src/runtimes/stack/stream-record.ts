import { DAYS_AHEAD_MAX } from '../../compile/spark/records.ts';
import type { LocalTime, Zone } from '../../base/calendar.ts';
import { formatDay, MS_PER_DAY, parseInstant, parseTimestamp, zone } from '../../base/calendar.ts';
import type { StreamPlan } from '../../plan/plan.ts';
import type { Refusal } from '../../ports/runtime.ts';
import type { TopicMessage } from '../../ports/messages.ts';
import type { StoredRecord } from '../../ports/stored-records.ts';
import { readCarefully } from '../../record/careful.ts';

/**
 * Makes a reader of the stream's topic: by the reading of records that every runtime has, and with what Spark leaves out
 * refused, which is dated further ahead of its message than any clock is wrong.
 */
export function recordReader(stream: StreamPlan): (message: TopicMessage) => StoredRecord | Refusal {
  const local = zone(stream.timeZone);
  const moments = stream.fields.filter(({ kind }) => kind === 'timestamp').map(({ name }) => name);
  return ({ value, offset, timestampMs }) => {
    const bytes = Buffer.from(value ?? []);
    const read = readCarefully(bytes, stream, local);
    if ('reason' in read) return read;
    const lastDay = Math.floor(timestampMs / MS_PER_DAY) + DAYS_AHEAD_MAX;
    // A message of the first day of 1970, or of before, has no timestamp.
    if (timestampMs >= MS_PER_DAY && read.businessDay > lastDay) {
      const { name: field } = stream.businessDate;
      const reason = `the record is of ${formatDay(read.businessDay)}, further ahead of its message than any clock is wrong: of ${formatDay(lastDay)} at the latest`;
      return { code: 'DATE_IN_THE_FUTURE', field, reason };
    }
    const text = bytes.toString();
    const members = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return {
      offset,
      key: String(read.values[stream.primaryKey.index]),
      businessDay: read.businessDay,
      momentsMs: new Map(moments.map((name) => [name, instantIn(String(members[name]), local)])),
      values: read.values,
      text,
    };
  };
}

function instantIn(moment: string, local: Zone): number {
  return parseInstant(moment) ?? instantOf(parseTimestamp(moment, local), local);
}

/** The instant at which a zone's clock shows a time; of two the earlier, and for one that is skipped one beside it. */
function instantOf(time: LocalTime | undefined, local: Zone): number {
  if (time === undefined) return 0;
  const wallMs = time.day * MS_PER_DAY + time.msOfDay;
  const offsetAt = (instantMs: number): number => {
    const shown = local.localTime(instantMs);
    return shown.day * MS_PER_DAY + shown.msOfDay - instantMs;
  };
  const candidates = [wallMs - offsetAt(wallMs - MS_PER_DAY), wallMs - offsetAt(wallMs + MS_PER_DAY)];
  return candidates.find((each) => each + offsetAt(each) === wallMs) ?? (candidates[0] as number);
}
