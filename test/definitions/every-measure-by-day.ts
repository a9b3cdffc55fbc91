import { present } from '../../src/base/assert.ts';
import { defineDaybook } from '../../src/daybook.ts';
import { everyMeasure } from './every-measure.ts';

const report = present(everyMeasure.reports[0], 'it has reports');
const byDay = { ...report, name: 'every_day', title: 'every_day', dimensions: ['day'] };

/** `everyMeasure` with its measures a second time, of whole days, where many records meet in a row. */
export const daybook = defineDaybook({ ...everyMeasure, reports: [...everyMeasure.reports, byDay] });
