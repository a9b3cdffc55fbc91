/** What a `daybook.config.ts` imports from 'daybook'. */
export { barTile, defineDashboard, lineTile, mapTile, numberTile, tableTile } from './definition/dashboard.ts';
export type { Dashboard, Tile } from './definition/dashboard.ts';
export { defineDaybook } from './definition/daybook.ts';
export type { Definition } from './definition/daybook.ts';
export { date, decimal, integer, number, text, timestamp, uuid } from './definition/fields.ts';
export { avg, count, countDistinct, max, min, ratio, sum } from './definition/measures.ts';
export { defineReport } from './definition/report.ts';
export type { Condition, Report, RowOf } from './definition/report.ts';
export { dailyClose, fakeData } from './definition/schedules.ts';
export type { Schedule } from './definition/schedules.ts';
export { defineStream } from './definition/stream.ts';
export type { RecordOf, Stream } from './definition/stream.ts';
