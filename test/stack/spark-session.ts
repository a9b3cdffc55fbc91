import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zoneOffsets } from '../../src/base/zone-offsets.ts';
import type { SparkSql } from '../../src/compile/spark/spark.ts';
import { sparkSql } from '../../src/compile/spark/spark.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { parseSparkAddress } from '../../src/spark/connect/address.ts';
import { query } from '../../src/spark/connect/relations.ts';
import { SparkSession } from '../../src/spark/connect/session.ts';
import { temporaryFolder } from '../process/daybook-process.ts';

/** A session of its own at a Spark that runs. */
export function openSession(address: string, sessionId: string = randomUUID()): SparkSession {
  return new SparkSession({ address: parseSparkAddress(address), sessionId, user: 'test', clock: machineClock() });
}

/** A plan's queries over lines as they would stand in a topic with one partition, each at its offset. */
export interface LinesInSpark extends AsyncDisposable {
  readonly sql: SparkSql;
}

/** Makes the views of messages and records; lines may be any bytes. */
export async function putLines(session: SparkSession, plan: Plan, lines: readonly Uint8Array[]): Promise<LinesInSpark> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'lines');
  await writeFile(
    path,
    lines.map((line, offset) => `${offset},${Buffer.from(line).toString('base64')}\n`),
  );
  const sql = sparkSql(plan, zoneOffsets(plan.stream.timeZone));
  await session.configure(sql.settings);
  // Written when time began, as what is far ahead of its message's time is no record, and lines of tests may be.
  const messages = `SELECT
    unbase64(split(value, ',')[1]) AS value,
    0 AS partition,
    CAST(split(value, ',')[0] AS BIGINT) AS offset,
    TIMESTAMP'1970-01-01' AS timestamp
  FROM text.\`${path}\``;
  await session.createView(sql.messages, query(messages));
  await session.createView(sql.records.view, query(sql.records.sql));
  return { sql, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
