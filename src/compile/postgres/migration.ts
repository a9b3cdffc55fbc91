import type { Plan } from '../../plan/plan.ts';
import { REPORTS_SCHEMA } from '../../plan/shared-names.ts';
import { makeAnew, noteVersion, OWN_TABLES, OWN_VERSIONS } from './own-tables.ts';
import { qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { OWN_SCHEMA } from './sql.ts';
import type { PostgresColumn, PostgresTable } from './tables.ts';
import { createTable, dropTable, tableOf } from './tables.ts';

/** What a database has of ours. */
export interface PostgresState {
  /** The versions of the sink's own tables that it has had. */
  readonly versions: readonly number[];
  /** Those of them that are there, in any order, and maybe others. */
  readonly ownTables: readonly string[];
  /** Those in the reports' schema, in any order. */
  readonly tables: readonly ExistingTable[];
}

export interface ExistingTable {
  readonly name: string;
  readonly columns: readonly PostgresColumn[];
  /** The columns of its primary key, or of the constraint that stands for it. */
  readonly key: readonly string[];
}

/** How a database becomes what the definition asks for. */
export interface PostgresMigration {
  /** To be run in order, in one transaction. None: nothing is to be done. */
  readonly statements: readonly string[];
  /** What is done, and what is left as it is, a sentence each. */
  readonly notes: readonly string[];
  /** What would lose data, a sentence each that says what to do. While there is one, no statement is to be run. */
  readonly refusals: readonly string[];
}

/** The state of a database, as one row with one JSON value; its version table must be there. */
export const READ_STATE = `SELECT json_build_object(
  'versions', (SELECT coalesce(json_agg(version ORDER BY version), '[]') FROM ${qualified(OWN_SCHEMA, 'versions')}),
  'ownTables', (
    SELECT coalesce(json_agg(c.relname), '[]')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ${quotedText(OWN_SCHEMA)} AND c.relkind = 'r'
  ),
  'tables', (
    SELECT coalesce(json_agg(json_build_object(
      'name', c.relname,
      'columns', (
        SELECT json_agg(json_build_object(
          'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull
        ) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      ),
      'key', (
        SELECT coalesce(json_agg(a.attname ORDER BY k.position), '[]')
        FROM (SELECT * FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u') ORDER BY k.contype LIMIT 1) p
        CROSS JOIN unnest(p.conkey) WITH ORDINALITY AS k (attnum, position)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      )
    )), '[]')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ${quotedText(REPORTS_SCHEMA)} AND c.relkind = 'r'
  )
) AS state`;

/**
 * Compares a database with a plan.
 * @param drop  what may be taken away: a table's name, or a table's and a column's as `table.column`
 */
export function migrationOf(plan: Plan, state: PostgresState, drop: readonly string[]): PostgresMigration {
  const wanted = plan.reports.map(tableOf);
  const titles = new Map(plan.reports.map(({ name, title }) => [name, title]));
  const parts = [
    ownMigration(plan, state),
    unknownDrops(state, drop),
    ...wanted.map((table) => tableMigration(table, titles.get(table.name) ?? table.name, state, drop)),
    ...state.tables
      .filter(({ name }) => wanted.every((table) => table.name !== name))
      .map(({ name }) => leftOver(name, drop)),
  ];
  return {
    statements: parts.flatMap((part) => part.statements ?? []),
    notes: parts.flatMap((part) => part.notes ?? []),
    refusals: parts.flatMap((part) => part.refusals ?? []),
  };
}

/** The statements that an empty database is given. */
export function createAll(plan: Plan): readonly string[] {
  return migrationOf(plan, { versions: [], ownTables: [], tables: [] }, []).statements;
}

function ownMigration(plan: Plan, { versions, ownTables }: PostgresState): Partial<PostgresMigration> {
  const newest = Math.max(0, ...versions);
  if (newest > OWN_VERSIONS.length) {
    return {
      refusals: [
        `the database was set up by a newer Daybook (version ${newest} of its tables, where this one knows ` +
          `${OWN_VERSIONS.length}); use that one, or another database`,
      ],
    };
  }
  const missing = OWN_VERSIONS.map((statements, index) => ({ statements, version: index + 1 })).filter(
    ({ version }) => !versions.includes(version),
  );
  const gone = versions.length === 0 ? [] : OWN_TABLES.filter((name) => !ownTables.includes(name));
  return {
    statements: [
      ...gone.flatMap((table) => makeAnew(table, versions)),
      ...missing.flatMap(({ statements, version }) => [...statements, noteVersion(version)]),
      ...(gone.includes('offsets') ? [notePlaces(plan)] : readAgain(gone)),
    ],
    notes: [
      ...gone.map((name) => `${OWN_SCHEMA}.${name}: it was gone, and is made anew; ${MADE_ANEW[name]}`),
      ...missing.map(({ version }) => `schema ${OWN_SCHEMA}: version ${version} of the sink's own tables`),
    ],
  };
}

/** What becomes of the rows of a table that somebody dropped. */
const MADE_ANEW: Readonly<Record<string, string>> = {
  offsets: 'the sink reads all topics again, and leaves out what the tables have',
  frames: 'the sink notes the newest frame again',
  amendments: 'what it listed is lost',
  quarantine: 'the sink fills it from what the topics still hold',
};

/**
 * Notes anew where the sink stands: before all of what the topics hold. Where it is known which frame was whole in the tables, what
 * changed since then is an amendment.
 */
function notePlaces({ stream, reports }: Plan): string {
  const topics = reports.map(({ name }) => quotedText(name)).join(', ');
  return `INSERT INTO ${qualified(OWN_SCHEMA, 'offsets')} (topic, "partition", next_offset, frame, since)
SELECT topic, 0, 0, NULL, frame FROM ${qualified(OWN_SCHEMA, 'frames')}, unnest(ARRAY[${topics}]) AS t(topic)
WHERE stream = ${quotedText(stream.name)} AND frame > 0`;
}

/** Has sinks, those that run as well, read all topics again that brought something, where a table is gone that is filled from them. */
function readAgain(gone: readonly string[]): readonly string[] {
  if (!gone.includes('frames') && !gone.includes('quarantine')) return [];
  return [`UPDATE ${qualified(OWN_SCHEMA, 'offsets')} SET next_offset = 0, frame = NULL WHERE next_offset > 0`];
}

function unknownDrops({ tables }: PostgresState, drop: readonly string[]): Partial<PostgresMigration> {
  const known = tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => `${name}.${column.name}`)]);
  return {
    refusals: drop
      .filter((name) => !known.includes(name))
      .map((name) => `there is no '${name}' to drop in schema ${REPORTS_SCHEMA}`),
  };
}

function leftOver(name: string, drop: readonly string[]): Partial<PostgresMigration> {
  return drop.includes(name)
    ? { statements: [...dropTable(name), forgetOffsets(name)], notes: [`${REPORTS_SCHEMA}.${name}: dropped`] }
    : { notes: [`${REPORTS_SCHEMA}.${name} is of no report; it stays until --drop ${name}`] };
}

function tableMigration(
  table: PostgresTable,
  title: string,
  state: PostgresState,
  drop: readonly string[],
): Partial<PostgresMigration> {
  const name = `${REPORTS_SCHEMA}.${table.name}`;
  const existing = state.tables.find((each) => each.name === table.name);
  if (existing === undefined) {
    // No sink has a place in what is new. One that somebody dropped may have one.
    const isNew = state.versions.length === 0;
    return {
      statements: [...(isNew ? [] : [forgetOffsets(table.name)]), ...createTable(table, title)],
      notes: [`${name}: created`],
    };
  }
  if (drop.includes(table.name)) {
    return {
      statements: [...dropTable(table.name), forgetOffsets(table.name), ...createTable(table, title)],
      notes: [`${name}: dropped and created again; the sink fills it from its topic`],
    };
  }
  const refusals = refusalsOf(table, existing, drop);
  if (refusals.length > 0) return { refusals: refusals.map((each) => `${name}: ${each}`) };
  const changes = [
    ...droppedColumns(table, existing),
    ...addedColumns(table, existing),
    ...wider(table, existing),
    ...nullableNow(table, existing),
  ];
  if (changes.length === 0) return {};
  const isFilledAgain = addedColumns(table, existing).length > 0;
  return {
    statements: [
      `ALTER TABLE ${qualified(REPORTS_SCHEMA, table.name)}\n  ${changes.map(({ sql }) => sql).join(',\n  ')}`,
      ...(isFilledAgain ? [forgetOffsets(table.name)] : []),
    ],
    notes: changes.map(({ note }) => `${name}: ${note}`),
  };
}

/** Has the sink read a report's topic again from its beginning. */
function forgetOffsets(topic: string): string {
  return `DELETE FROM ${qualified(OWN_SCHEMA, 'offsets')} WHERE topic = ${quotedText(topic)}`;
}

function refusalsOf(table: PostgresTable, existing: ExistingTable, drop: readonly string[]): readonly string[] {
  const again = `--drop ${table.name} takes it away and creates it again, to be filled from its topic`;
  if (!existing.columns.some(({ name }) => name === 'frame')) {
    return [
      'this table is not of Daybook. Move it out of the way (ALTER TABLE … SET SCHEMA …), or, if nobody needs it, ' +
        again,
    ];
  }
  if (table.key.join() !== existing.key.join()) {
    return [
      `its rows are known by ${existing.key.join(', ')}, the report's by ${table.key.join(', ')}. Rows cannot be ` +
        `carried over; ${again}`,
    ];
  }
  const nullableKeys = becomingNullable(table, existing).filter(({ name }) => table.key.includes(name));
  if (nullableKeys.length > 0) {
    const names = nullableKeys.map(({ name }) => `'${name}'`).join(', ');
    return [`${names} may be null now, and its rows are known by a key that takes no null; ${again}`];
  }
  return [
    ...surplus(table, existing)
      .filter(({ name }) => !drop.includes(`${table.name}.${name}`))
      .map(
        ({ name }) =>
          `column '${name}' is of no measure any more. --drop ${table.name}.${name} takes it away with its figures`,
      ),
    ...changedTypes(table, existing)
      .filter(({ from, to }) => !isWider(from, to))
      .map(
        ({ name, from, to }) => `column '${name}' is ${from} and would become ${to}, which may lose digits; ${again}`,
      ),
  ];
}

interface Change {
  readonly sql: string;
  readonly note: string;
}

function droppedColumns(table: PostgresTable, existing: ExistingTable): readonly Change[] {
  return surplus(table, existing).map(({ name }) => ({
    sql: `DROP COLUMN ${quotedName(name)}`,
    note: `column '${name}' dropped`,
  }));
}

/** A new column may be null until the sink has been through the topic again. */
function addedColumns(table: PostgresTable, existing: ExistingTable): readonly Change[] {
  return table.columns
    .filter(({ name }) => existing.columns.every((column) => column.name !== name))
    .map(({ name, type }) => ({
      sql: `ADD COLUMN ${quotedName(name)} ${type}`,
      note: `column '${name}' added; the sink fills it from the topic`,
    }));
}

function wider(table: PostgresTable, existing: ExistingTable): readonly Change[] {
  return changedTypes(table, existing).map(({ name, from, to }) => ({
    sql: `ALTER COLUMN ${quotedName(name)} TYPE ${to}`,
    note: `column '${name}' is ${to} now, which holds all that ${from} did`,
  }));
}

function nullableNow(table: PostgresTable, existing: ExistingTable): readonly Change[] {
  return becomingNullable(table, existing).map(({ name }) => ({
    sql: `ALTER COLUMN ${quotedName(name)} DROP NOT NULL`,
    note: `column '${name}' may be null now`,
  }));
}

function becomingNullable(table: PostgresTable, existing: ExistingTable): readonly PostgresColumn[] {
  return table.columns.filter(
    ({ name, nullable }) => nullable && existing.columns.some((column) => column.name === name && !column.nullable),
  );
}

function surplus(table: PostgresTable, existing: ExistingTable): readonly PostgresColumn[] {
  return existing.columns.filter(({ name }) => table.columns.every((column) => column.name !== name));
}

interface ChangedType {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

function changedTypes(table: PostgresTable, existing: ExistingTable): readonly ChangedType[] {
  return table.columns.flatMap(({ name, type }) => {
    const before = existing.columns.find((column) => column.name === name);
    return before === undefined || before.type === type ? [] : [{ name, from: before.type, to: type }];
  });
}

function isWider(from: string, to: string): boolean {
  return (
    (from === 'bigint' && to === 'numeric(38,0)') ||
    (from === 'bigint' && to === 'numeric(38,6)') ||
    (from === 'numeric(18,6)' && to === 'numeric(38,6)')
  );
}
