import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Plan } from '../../src/plan/plan.ts';
import { postgresSql } from '../../src/compile/postgres/postgres.ts';

/** The user as which Superset reads. */
export const READER = 'superset';

/** Makes the tables of a plan's reports, and a user who may read them and nothing else. @returns that user's password */
export async function makeTables(url: string, plan: Plan): Promise<string> {
  const password = randomBytes(18).toString('base64url');
  await withClient(url, async (client) => {
    await client.query(postgresSql(plan).script);
    await client.query(`CREATE ROLE ${READER} LOGIN PASSWORD '${password}' IN ROLE daily_report_reader`);
  });
  return password;
}

/** Fills the tables with reports. @param json  an answer key: `{"reports": {"daily_pu_rev": [{…}, …], …}}` */
export async function fillTables(url: string, plan: Plan, json: string): Promise<void> {
  await withClient(url, async (client) => {
    for (const { name } of plan.reports) {
      // In the database, as numbers would pass through floats here.
      await client.query(
        `INSERT INTO daily_report.${name} SELECT (jsonb_populate_record(
          NULL::daily_report.${name}, jsonb_array_elements($1::jsonb -> 'reports' -> '${name}') || '{"frame": 1}')).*`,
        [json],
      );
    }
  });
}

/** Connects for some work. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same database as another user. */
export function asUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
