import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FieldPlan } from '../../src/plan/plan.ts';
import type { SparkSession } from '../../src/spark/connect/session.ts';
import { Dice } from '../chance.ts';
import { LineMaker } from '../fuzz/lines.ts';
import type { OracleRecord } from '../fuzz/record-oracle.ts';
import { judge } from '../fuzz/record-oracle.ts';
import { FUZZED } from '../fuzz/streams.ts';
import type { FuzzedStream } from '../fuzz/streams.ts';
import { replayable, seedsToRun } from '../seeds.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { openSession, putLines } from './spark-session.ts';
import { neededFields } from '../../src/plan/needed-fields.ts';

const SEEDS = 3;
const LINES = 1500;

let servers: Servers<'spark'>;
let session: SparkSession;
beforeAll(async () => {
  servers = await startServers(['spark']);
  session = openSession(servers.at.spark);
});
afterAll(async () => {
  session.close();
  await servers[Symbol.asyncDispose]();
});

type Row = Readonly<Record<string, unknown>>;

/** Texts as bytes, as Arrow's reader would take a mark from their beginning. */
function selected({ name, kind }: FieldPlan): string {
  if (kind === 'number' || kind === 'integer') return `\`${name}\``;
  return `CAST(CAST(\`${name}\` AS STRING) AS BINARY) AS \`${name}\``;
}

/** A value of Spark's as the oracle has it. */
function valueOf(value: unknown, { kind }: FieldPlan): unknown {
  if (!(value instanceof Uint8Array)) return value;
  const text = Buffer.from(value).toString();
  if (kind !== 'decimal') return text;
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function wrongIn(verdict: OracleRecord | string, row: Row | undefined, { plan }: FuzzedStream): string | undefined {
  if (typeof verdict === 'string') return row === undefined ? undefined : `Spark takes it; the oracle: ${verdict}`;
  if (row === undefined) return 'Spark refuses it';
  const { primaryKey } = plan.stream;
  const key = String(verdict.values.get(primaryKey.name));
  const bytes = primaryKey.kind === 'uuid' ? Buffer.from(key.replaceAll('-', ''), 'hex') : Buffer.from(key);
  if (Buffer.compare(bytes, row['#key'] as Uint8Array) !== 0) return 'the keys differ';
  const field = neededFields(plan).find(
    (each) => !Object.is(valueOf(row[each.name], each), verdict.values.get(each.name) ?? null),
  );
  return field && `${field.name} is ${String(valueOf(row[field.name], field))} in Spark`;
}

async function runSeed(stream: FuzzedStream, seed: number): Promise<{ records: number; refused: number }> {
  const maker = new LineMaker(new Dice(seed), stream.oracle);
  const lines = Array.from({ length: LINES }, () => maker.next());
  await using put = await putLines(session, stream.plan, lines);
  const columns = ['`#offset`', 'CAST(`#key` AS BINARY) AS `#key`', ...neededFields(stream.plan).map(selected)];
  const rows = await session.rows(`SELECT ${columns.join(', ')} FROM ${put.sql.records.view}`, 600_000);
  const byOffset = new Map(rows.map((row) => [Number(row['#offset']), row]));
  const wrong = lines.flatMap((line, offset) => {
    const verdict = judge(line, stream.oracle);
    const what = wrongIn(verdict, byOffset.get(offset), stream);
    return what === undefined ? [] : [`${what}: ${JSON.stringify(Buffer.from(line).toString()).slice(0, 1000)}`];
  });
  expect(wrong).toEqual([]);
  return { records: rows.length, refused: lines.length - rows.length };
}

describe('Spark takes the lines that the oracle takes, with the same values', () => {
  it.each(FUZZED.map((stream) => ({ stream, name: stream.name })))('of $name', async ({ stream }) => {
    const tally = { records: 0, refused: 0 };
    for (const seed of seedsToRun(SEEDS)) {
      await replayable('test/stack/spark-records.test.ts --project stack', seed, async () => {
        const { records, refused } = await runSeed(stream, seed);
        tally.records += records;
        tally.refused += refused;
      });
    }
    const share = tally.records / (tally.records + tally.refused);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.8);
  });
});
