import { describe, expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import type { ReportPlan } from '../plan/plan.ts';
import type { ReportPage } from '../ports/rows.ts';
import { csvText, jsonText, ndjsonText } from '../runtimes/page-text.ts';
import { tableText } from './table-text.ts';

const plan = makePlan(daybook);
const reportNamed = (name: string): ReportPlan => {
  const report = plan.reports.find((each) => each.name === name);
  if (report === undefined) throw new Error(`no report ${name}`);
  return report;
};

const products = reportNamed('daily_category_product');
const page: ReportPage = {
  frame: 12,
  total: 3,
  rows: [
    {
      ts_date: '2026-03-04',
      category: 'Furniture',
      sub_category: 'Tables',
      product_name: 'Desk, 30" wide',
      daily_quantity: 12,
      daily_rev: 1_234_500_001n,
      daily_profit: -7_000_000n,
    },
    {
      ts_date: '2026-03-04',
      category: 'Office Supplies',
      sub_category: 'Paper',
      product_name: 'Café 𝒜4',
      daily_quantity: 3,
      daily_rev: 5_000_000n,
      daily_profit: 250_000n,
    },
  ],
};

describe('a report as text', () => {
  it('is a table whose columns are aligned, numbers to the right, decimals at their point', () => {
    expect(tableText(products, page).split('\n')).toEqual([
      'ts_date     category         sub_category  product_name    daily_quantity    daily_rev  daily_profit',
      '----------  ---------------  ------------  --------------  --------------  -----------  ------------',
      '2026-03-04  Furniture        Tables        Desk, 30" wide              12  1234.500001         -7.00',
      '2026-03-04  Office Supplies  Paper         Café 𝒜4                      3     5.000000          0.25',
      '2 of 3 rows, frame 12',
      '',
    ]);
  });

  it('is CSV with quotes where they are needed, and all digits', () => {
    expect(csvText(products, page).split('\r\n')).toEqual([
      'ts_date,category,sub_category,product_name,daily_quantity,daily_rev,daily_profit',
      '2026-03-04,Furniture,Tables,"Desk, 30"" wide",12,1234.500001,-7',
      '2026-03-04,Office Supplies,Paper,Café 𝒜4,3,5,0.25',
      '',
    ]);
  });

  it('is JSON as the API answers, decimals as numbers with their own digits', () => {
    const text = jsonText(products, page);
    expect(text).toContain('"daily_rev":1234.500001,"daily_profit":-7}');
    expect(JSON.parse(text)).toMatchObject({ frame: 12, total: 3, rows: [{ product_name: 'Desk, 30" wide' }, {}] });
  });

  it('is a row a line as NDJSON, each as in JSON', () => {
    const lines = ndjsonText(products, page).split('\n');
    const { rows } = JSON.parse(jsonText(products, page)) as { rows: unknown[] };
    expect(lines.slice(0, -1).map((line): unknown => JSON.parse(line))).toEqual(rows);
    expect(lines.at(-1)).toBe('');
  });

  it('is a line a row whatever is in it, and nothing that a terminal acts on', () => {
    const [desk = {}] = page.rows;
    const awkward: ReportPage = { ...page, total: 1, rows: [{ ...desk, product_name: 'Desk\n\u001B[31m\u009B' }] };
    expect(tableText(products, awkward).split('\n').slice(0, 3)).toEqual([
      'ts_date     category   sub_category  product_name          daily_quantity    daily_rev  daily_profit',
      '----------  ---------  ------------  --------------------  --------------  -----------  ------------',
      String.raw`2026-03-04  Furniture  Tables        Desk\x0a\x1b[31m\x9b              12  1234.500001         -7.00`,
    ]);
    expect(JSON.parse(ndjsonText(products, awkward))).toMatchObject({ product_name: 'Desk\n\u001B[31m\u009B' });
  });

  it('shows an empty text as two quotes', () => {
    const [desk = {}] = page.rows;
    const one: ReportPage = { frame: 1, total: 1, rows: [{ ...desk, sub_category: '' }] };
    expect(tableText(products, one)).toContain('\n2026-03-04  Furniture  ""            Desk, 30" wide ');
    expect(csvText(products, one)).toContain('\r\n2026-03-04,Furniture,"","Desk, 30"" wide",12,');
  });

  it('leaves a null cell empty, and prints one row as one row', () => {
    const places = reportNamed('daily_address');
    const one: ReportPage = {
      frame: 1,
      total: 1,
      rows: [{ ts_date: '2026-03-04', latitude: null, longitude: -86.5, daily_pu: 2 }],
    };
    expect(csvText(places, one)).toContain('\r\n2026-03-04,,-86.5,2\r\n');
    expect(tableText(places, one)).toContain('\n1 row, frame 1\n');
    expect(jsonText(places, one)).toContain('"latitude":null');
  });
});
