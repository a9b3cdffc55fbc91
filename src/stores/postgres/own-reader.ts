import { isUtf8 } from 'node:buffer';
import type { Plan } from '../../plan/plan.ts';
import type { QuarantineEntry, QuarantinePage } from '../../ports/runtime.ts';
import { OWN_SCHEMA, qualified } from '../../compile/postgres/sql.ts';
import { sinkStatements } from '../../compile/postgres/statements.ts';
import type { PostgresDatabase } from './database.ts';

/** An amendment as it stands in the database: rows as JSON texts. */
export interface StoredAmendment {
  readonly id: number;
  readonly frame: number;
  readonly report: string;
  readonly before: string | null;
  readonly after: string;
}

interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** Reads what the sink keeps beside the reports. Throws what `PostgresDatabase` does. */
export interface PostgresOwnReader {
  /** Newest first. */
  quarantine(page: Page): Promise<QuarantinePage>;
  /** Newest first. */
  amendments(page: Page): Promise<{ readonly total: number; readonly entries: readonly StoredAmendment[] }>;
  /** How many records the newest frame has, and how many are in the quarantine and changed closed days. */
  counts(): Promise<{ readonly accepted: number; readonly quarantined: number; readonly amendments: number }>;
  newestDay(): Promise<string | undefined>;
}

export function postgresOwnReader(database: PostgresDatabase, plan: Plan): PostgresOwnReader {
  const statements = sinkStatements(plan);
  const quarantine = qualified(OWN_SCHEMA, 'quarantine');
  const amendments = qualified(OWN_SCHEMA, 'amendments');
  return {
    async quarantine({ limit, offset }) {
      const [count] = await database.query(`SELECT count(*) AS total FROM ${quarantine}`);
      const rows = await database.query(
        `SELECT id, at_ms, origin, line, code, field, reason, encode(record, 'base64') AS record, encode(converted, 'base64') AS converted
FROM ${quarantine} ORDER BY id DESC LIMIT $1 OFFSET $2`,
        [limit, offset],
      );
      const entries = rows.map(
        ({ id, at_ms: atMs, origin, line, code, field, reason, record, converted }): QuarantineEntry => {
          const bytes = Buffer.from(record ?? '', 'base64');
          const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
          return {
            id: Number(id),
            atMs: Number(atMs),
            origin: origin ?? '',
            line: Number(line),
            code: code as QuarantineEntry['code'],
            ...(typeof field === 'string' && { field }),
            reason: reason ?? '',
            record: bytes.toString(encoding),
            encoding,
            ...(typeof converted === 'string' && { converted: Buffer.from(converted, 'base64').toString() }),
          };
        },
      );
      return { total: Number(count?.['total'] ?? 0), entries };
    },
    async amendments({ limit, offset }) {
      const [count] = await database.query(`SELECT count(*) AS total FROM ${amendments}`);
      const rows = await database.query(
        `SELECT id, report, frame, before, after FROM ${amendments} ORDER BY id DESC LIMIT $1 OFFSET $2`,
        [limit, offset],
      );
      const entries = rows.map(({ id, report, frame, before, after }) => ({
        id: Number(id),
        frame: Number(frame),
        report: report ?? '',
        before: before ?? null,
        after: after ?? '',
      }));
      return { total: Number(count?.['total'] ?? 0), entries };
    },
    async counts() {
      const [row] = await database.query(
        `SELECT (SELECT accepted FROM ${qualified(OWN_SCHEMA, 'frames')} WHERE stream = $1) AS accepted,
  (SELECT count(*) FROM ${quarantine}) AS quarantined, (SELECT count(*) FROM ${amendments}) AS amendments`,
        [plan.stream.name],
      );
      const count = (name: string): number => Number(row?.[name] ?? 0);
      return { accepted: count('accepted'), quarantined: count('quarantined'), amendments: count('amendments') };
    },
    async newestDay() {
      const [row] = await database.query(statements.newestDay);
      return row?.['day'] ?? undefined;
    },
  };
}
