/** The same searches by DuckDB over rows in memory; prints the 95th percentile, ms, as JSON: `node duckdb-searches.ts <sales.ndjson> <products>` */
import { DuckDBInstance } from '@duckdb/node-api';
import { productName } from '../many-sales.ts';
import { percentile } from '../statistics.ts';

const [sales = '', products = ''] = process.argv.slice(2);
const SEARCHES = 30;

const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
await connection.run(
  `create table product as select ts_date, category, sub_category, product_name, sum(revenue) as daily_rev
   from read_json('${sales}', format = 'newline_delimited', columns = {ts_date: 'DATE', category: 'VARCHAR',
     sub_category: 'VARCHAR', product_name: 'VARCHAR', revenue: 'DECIMAL(18,6)'}) group by all`,
);
const times: number[] = [];
for (let search = 0; search < SEARCHES; search++) {
  const name = productName((search * 7_919) % Number(products));
  const text = search % 2 === 0 ? name.slice(0, 12).trim() : name.slice(-4);
  const where = `where category ilike '%${text}%' or sub_category ilike '%${text}%' or product_name ilike '%${text}%'`;
  const startMs = performance.now();
  await connection.runAndReadAll(`select count(*), min(daily_rev), max(daily_rev) from product ${where}`);
  await connection.runAndReadAll(`select * from product ${where} order by ts_date desc, daily_rev desc limit 10`);
  times.push(performance.now() - startMs);
}
process.stdout.write(`${JSON.stringify({ search: percentile(times, 0.95) })}\n`);
