/**
 * The same reports by DuckDB, in one batch and in memory.
 * `node duckdb.ts <sales.ndjson> <folder for the rows> first|any`
 * - `first`: of records with one `ts_id` the first counts, as in Daybook: rows keep the file's order, and of the few keys
 *   that come more than once all rows but the one with the smallest rowid are left out. The fastest of five ways that
 *   give the right totals.
 * - `any`: `distinct on (ts_id)`, which with two threads keeps one or the other.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { join } from 'node:path';
import { REPORTS_MADE } from '../measure-process.ts';

const [sales = '', rows = '', repeats = 'first'] = process.argv.slice(2);

const COLUMNS = `{ts_id: 'UUID', ts: 'TIMESTAMP', ts_date: 'DATE', customer_id: 'VARCHAR', customer_name: 'VARCHAR',
  segment: 'VARCHAR', country: 'VARCHAR', city: 'VARCHAR', category: 'VARCHAR', sub_category: 'VARCHAR',
  product_name: 'VARCHAR', price: 'DECIMAL(18,6)', quantity: 'INTEGER', discount: 'VARCHAR', revenue: 'DECIMAL(18,6)',
  profit: 'DECIMAL(18,6)', latitude: 'DOUBLE', longitude: 'DOUBLE'}`;
const FILE = `read_json('${sales}', format = 'newline_delimited', columns = ${COLUMNS})`;

const RECORDS: Readonly<Record<string, readonly string[]>> = {
  first: [
    `create table raw as select * from ${FILE}`,
    'create table repeated as select ts_id, min(rowid) as kept from raw group by ts_id having count(*) > 1',
    `create view sales as
       select raw.* from raw anti join repeated on raw.ts_id = repeated.ts_id and raw.rowid > repeated.kept`,
  ],
  any: [`create table sales as select distinct on (ts_id) * from ${FILE}`],
};

const REPORTS: Readonly<Record<string, string>> = {
  daily_pu_rev: `select ts_date, count(distinct customer_id) as daily_pu,
    sum(revenue) as daily_rev, sum(profit) as daily_profit from sales group by all`,
  daily_category_product: `select ts_date, category, sub_category, product_name, sum(quantity) as daily_quantity,
    sum(revenue) as daily_rev, sum(profit) as daily_profit from sales group by all`,
  daily_address: `select ts_date, latitude, longitude, count(distinct customer_id) as daily_pu
    from sales group by all`,
};

const duckdb = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await duckdb.connect();
for (const sql of RECORDS[repeats] ?? []) await connection.run(sql);
for (const [name, sql] of Object.entries(REPORTS)) await connection.run(`create table ${name} as ${sql}`);
process.stdout.write(`${REPORTS_MADE}\n`);

for (const name of Object.keys(REPORTS)) {
  await connection.run(`copy ${name} to '${join(rows, `${name}.ndjson`)}' (format json)`);
}
connection.closeSync();
duckdb.closeSync();
