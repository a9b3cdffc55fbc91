/** Records whose days are further apart are left in their order. */
const SPAN_MAX = 2 ** 16;

/**
 * The same records, those of a day behind each other in the order in which they came: an import in any order then works
 * at a day as long as it can. Records that come in long runs of a day are left as they are.
 * @param days     the days of all records
 * @param records  the numbers of those that are wanted
 */
export function inRunsOfDays(days: Int32Array, records: Int32Array): Int32Array {
  let runs = 0;
  let first = Infinity;
  let last = -Infinity;
  let before = NaN;
  for (const record of records) {
    const day = days[record] as number;
    if (day === before) continue;
    runs++;
    before = day;
    if (day < first) first = day;
    if (day > last) last = day;
  }
  if (runs * 8 <= records.length || last - first >= Math.min(SPAN_MAX, 8 * records.length)) return records;
  // Source: counting sort, Knuth, TAOCP 3, 5.2.
  const places = new Int32Array(last - first + 2);
  for (const record of records) (places[(days[record] as number) - first + 1] as number)++;
  for (let day = 1; day < places.length; day++) places[day] = (places[day] as number) + (places[day - 1] as number);
  const sorted = new Int32Array(records.length);
  for (const record of records) sorted[(places[(days[record] as number) - first] as number)++] = record;
  return sorted;
}
