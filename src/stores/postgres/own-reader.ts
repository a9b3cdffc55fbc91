import { isUtf8 } from 'node:buffer';
import { LISTED_BYTES_MAX, LISTED_START_BYTES, listedStart } from '../../base/listed-record.ts';
import type { Plan } from '../../plan/plan.ts';
import type {
  QuarantineEntry,
  QuarantineEntryQuery,
  QuarantinePage,
  QuarantinePageQuery,
} from '../../ports/runtime.ts';
import { qualified, quotedText } from '../../base/sql-text.ts';
import { OWN_SCHEMA } from '../../compile/postgres/sql.ts';
import { sinkStatements } from '../../compile/postgres/statements.ts';
import type { PostgresDatabase, TextRow } from './database.ts';

/** An amendment as it stands in the database: rows as JSON texts. */
export interface StoredAmendment {
  readonly id: number;
  readonly frame: number;
  readonly report: string;
  readonly before: string | null;
  readonly after: string;
}

/** A row by its dimensions: a JSON object of them. */
interface RowOf {
  readonly report: string;
  readonly key: string;
}

interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** Reads what the sink keeps beside the reports. Throws what `PostgresDatabase` does. */
export interface PostgresOwnReader {
  /** Newest first; of long ones the start, on a page of several. */
  quarantine(query: Omit<QuarantinePageQuery, 'open'> | QuarantineEntryQuery): Promise<QuarantinePage>;
  /** Newest first, `of` one row only if told; `total` counts them all. */
  amendments(
    page: Page & { readonly of?: RowOf },
  ): Promise<{ readonly total: number; readonly entries: readonly StoredAmendment[] }>;
  /** How many records the newest frame has, and how many are in the quarantine and changed closed days. */
  counts(): Promise<{ readonly accepted: number; readonly quarantined: number; readonly amendments: number }>;
  newestDay(): Promise<string | undefined>;
}

export function postgresOwnReader(database: PostgresDatabase, plan: Plan): PostgresOwnReader {
  const statements = sinkStatements(plan);
  // Other streams may be in the same database. An entry of which nobody knows the stream is one of each.
  const stream = quotedText(plan.stream.name);
  const quarantine = `(SELECT * FROM ${qualified(OWN_SCHEMA, 'quarantine')} WHERE coalesce(stream, ${stream}) = ${stream}) AS q`;
  const names = plan.reports.map(({ name }) => quotedText(name)).join(', ');
  const amendments = `(SELECT * FROM ${qualified(OWN_SCHEMA, 'amendments')} WHERE report IN (${names})) AS a`;
  return {
    async quarantine(query) {
      const { limit, offset, id } = 'id' in query ? { limit: 1, offset: 0, id: query.id } : { ...query, id: null };
      const [count] = await database.query(`SELECT count(*) AS total FROM ${quarantine}`);
      const rows = await database.query(quarantinePage(quarantine), [limit, offset, id]);
      const entries = rows.map(quarantineEntry);
      return { total: Number(count?.['total'] ?? 0), entries };
    },
    async amendments({ limit, offset, of }) {
      const [count] = await database.query(`SELECT count(*) AS total FROM ${amendments}`);
      const rows = await database.query(
        `SELECT id, report, frame, before, after FROM ${amendments}
WHERE $3::text IS NULL OR (report = $3 AND after @> $4::jsonb) ORDER BY id DESC LIMIT $1 OFFSET $2`,
        [limit, offset, of?.report ?? null, of?.key ?? null],
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

/** A page of the quarantine: $1 entries, newest first, beyond $2; or the one of id $3. */
function quarantinePage(table: string): string {
  // One byte more than is listed says whether a character ends there.
  return `SELECT id, at_ms, origin, line, code, field, reason,
  encode(CASE WHEN is_cut THEN substring(record FROM 1 FOR ${LISTED_START_BYTES + 1}) ELSE record END, 'base64') AS record,
  CASE WHEN NOT is_cut THEN encode(converted, 'base64') END AS converted, CASE WHEN is_cut THEN octet_length(record) END AS cut_from
FROM (SELECT *, $1::bigint <> 1 AND octet_length(record) + coalesce(octet_length(converted), 0) > ${LISTED_BYTES_MAX} AS is_cut
  FROM ${table} WHERE $3::bigint IS NULL OR id = $3 ORDER BY id DESC LIMIT $1 OFFSET $2) AS page ORDER BY id DESC`;
}

function quarantineEntry(row: TextRow): QuarantineEntry {
  const { id, at_ms: atMs, origin, line, code, field, reason, record, converted, cut_from: cutFrom } = row;
  const given = Buffer.from(record ?? '', 'base64');
  const isCut = typeof cutFrom === 'string';
  const bytes = isCut ? Buffer.from(listedStart(given)) : given;
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
    ...(isCut && { cutFrom: Number(cutFrom) }),
    ...(typeof converted === 'string' && { converted: Buffer.from(converted, 'base64').toString() }),
  };
}
