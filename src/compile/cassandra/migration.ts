import type { Plan } from '../../plan/plan.ts';
import { qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { DATA_KEYSPACE, OWN_KEYSPACE } from './cql.ts';
import type { CassandraColumn, CassandraTable } from './tables.ts';
import { createTable, dataTables, OWN_VERSIONS } from './tables.ts';

/** What a cluster has of ours. */
export interface CassandraState {
  readonly versions: readonly number[];
  /** Those of the data's keyspace. */
  readonly tables: readonly CassandraTable[];
  /** Columns that these tables do not have any more, with the types that they had. */
  readonly dropped: readonly DroppedColumn[];
}

export interface DroppedColumn extends Pick<CassandraColumn, 'name' | 'type'> {
  readonly table: string;
}

/** How a cluster becomes what the definition asks for; see PostgreSQL's. */
export interface CassandraMigration {
  /**
   * To be run in order; then the fillings that they note may begin. One that is noted and may not is of statements that did not come to
   * their end, and may begin once others have.
   */
  readonly statements: readonly string[];
  /** The topics of these fillings. */
  readonly fillings: readonly string[];
  readonly notes: readonly string[];
  readonly refusals: readonly string[];
}

/** To be run before the state is read. A keyspace that is there keeps its replication. */
export const PREPARE: readonly string[] = [
  ...[DATA_KEYSPACE, OWN_KEYSPACE].map(
    (keyspace) =>
      `CREATE KEYSPACE IF NOT EXISTS ${quotedName(keyspace)} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  ),
  `CREATE TABLE IF NOT EXISTS ${qualified(OWN_KEYSPACE, 'versions')} (version int PRIMARY KEY)`,
];

type Part = Partial<CassandraMigration>;

/**
 * Compares a cluster with a plan.
 * @param drop  what may be taken away: a table's name, or a table's and a column's as `table.column`
 */
export function migrationOf(plan: Plan, state: CassandraState, drop: readonly string[]): CassandraMigration {
  const wanted = dataTables(plan);
  const comments = new Map([
    [plan.stream.name, 'Raw records, by business day and a run of offsets of the topic'],
    ...plan.reports.map(({ name, title }) => [name, title] as const),
  ]);
  const parts: readonly Part[] = [
    ownMigration(state),
    ...wanted.map((table) => tableMigration(plan, table, comments.get(table.name) ?? '', state, drop)),
    ...state.tables
      .filter(({ name }) => wanted.every((table) => table.name !== name))
      .map(({ name }) => leftOver(name, drop)),
    unknownDrops(state, drop),
  ];
  return {
    statements: parts.flatMap((part) => part.statements ?? []),
    fillings: parts.flatMap((part) => part.fillings ?? []),
    notes: parts.flatMap((part) => part.notes ?? []),
    refusals: parts.flatMap((part) => part.refusals ?? []),
  };
}

function ownMigration({ versions }: CassandraState): Part {
  const newest = Math.max(0, ...versions);
  if (newest > OWN_VERSIONS.length) {
    const message = `the cluster was set up by a newer Daybook (version ${newest} of its tables, where this one knows ${OWN_VERSIONS.length}); use that one`;
    return { refusals: [message] };
  }
  const missing = OWN_VERSIONS.map((statements, index) => ({ statements, version: index + 1 })).filter(
    ({ version }) => !versions.includes(version),
  );
  return {
    statements: missing.flatMap(({ statements, version }) => [
      ...statements,
      `INSERT INTO ${qualified(OWN_KEYSPACE, 'versions')} (version) VALUES (${version})`,
    ]),
    notes: missing.map(({ version }) => `keyspace ${OWN_KEYSPACE}: version ${version} of the sink's own tables`),
  };
}

function unknownDrops({ tables }: CassandraState, drop: readonly string[]): Part {
  const known = tables.flatMap(({ name, columns }) => [name, ...columns.map((each) => `${name}.${each.name}`)]);
  const unknown = drop.filter((name) => !known.includes(name));
  return { refusals: unknown.map((name) => `there is no '${name}' to drop in keyspace ${DATA_KEYSPACE}`) };
}

function leftOver(name: string, drop: readonly string[]): Part {
  return drop.includes(name)
    ? {
        statements: [noteFilling(name), dropTable(name)],
        fillings: [name],
        notes: [`${DATA_KEYSPACE}.${name}: dropped`],
      }
    : { notes: [`${DATA_KEYSPACE}.${name} is of no report; it stays until --drop ${name}`] };
}

/** Has the sink read a topic from its beginning. It stands before what makes this needed, which may be the last that is done. */
function noteFilling(topic: string): string {
  return `INSERT INTO ${qualified(OWN_KEYSPACE, 'fillings')} (topic, id) VALUES (${quotedText(topic)}, uuid())`;
}

function dropTable(name: string): string {
  return `DROP TABLE IF EXISTS ${qualified(DATA_KEYSPACE, name)}`;
}

function tableMigration(
  plan: Plan,
  table: CassandraTable,
  comment: string,
  state: CassandraState,
  drop: readonly string[],
): Part {
  const name = `${DATA_KEYSPACE}.${table.name}`;
  const existing = state.tables.find((each) => each.name === table.name);
  const filling = noteFilling(table.name);
  const create = createTable(table, comment);
  if (existing === undefined) {
    // No sink has a place in what is new. One that somebody dropped, or an apply that failed then, may have one.
    const isNew = state.versions.length === 0;
    return {
      statements: isNew ? [create] : [filling, create],
      fillings: isNew ? [] : [table.name],
      notes: [`${name}: created`],
    };
  }
  if (drop.includes(table.name)) {
    return {
      statements: [filling, dropTable(table.name), create],
      fillings: [table.name],
      notes: [`${name}: dropped and created again; the sink fills it from its topic`],
    };
  }
  const refusals = [...refusalsOf(table, existing, drop), ...droppedBefore(plan, table, state)];
  if (refusals.length > 0) return { refusals: refusals.map((each) => `${name}: ${each}`) };
  const added = missingFrom(existing, table);
  const dropped = missingFrom(table, existing);
  return {
    statements: [
      ...(added.length > 0 ? [filling] : []),
      ...dropped.map((each) => `ALTER TABLE ${qualified(DATA_KEYSPACE, table.name)} DROP ${quotedName(each.name)}`),
      ...added.map(
        (each) => `ALTER TABLE ${qualified(DATA_KEYSPACE, table.name)} ADD ${quotedName(each.name)} ${each.type}`,
      ),
    ],
    fillings: added.length > 0 ? [table.name] : [],
    notes: [
      ...dropped.map((each) => `${name}: column '${each.name}' dropped`),
      ...added.map((each) => `${name}: column '${each.name}' added; the sink fills it from the topic`),
    ],
  };
}

/**
 * A column that was dropped and is added again hides for ever what was written before it was dropped. Rows of reports are as of their
 * frames, so of them that would be whatever their topic holds. Raw records are as of when the sink writes them.
 */
function droppedBefore(
  { stream }: Plan,
  table: CassandraTable,
  { tables, dropped }: CassandraState,
): readonly string[] {
  const existing = tables.find(({ name }) => name === table.name);
  const added = existing === undefined ? [] : missingFrom(existing, table);
  return added.flatMap(({ name, type }) => {
    const before = dropped.find((each) => each.table === table.name && each.name === name);
    if (before === undefined) return [];
    if (table.name !== stream.name) {
      return [
        `column '${name}' was dropped before, and Cassandra would show nothing in it of rows from before that; ${again(table)}`,
      ];
    }
    if (before.type === type) return [];
    return [
      `column '${name}' was ${before.type} when it was dropped, and Cassandra takes no ${type} for it; ${again(table)}`,
    ];
  });
}

function again({ name }: CassandraTable): string {
  return `--drop ${name} takes it away and creates it again, to be filled from its topic`;
}

function refusalsOf(table: CassandraTable, existing: CassandraTable, drop: readonly string[]): readonly string[] {
  const isKey = ({ kind }: CassandraColumn): boolean => kind !== 'regular';
  const keyOf = ({ columns }: CassandraTable): string =>
    columns
      .filter(isKey)
      .map(({ name, kind, position }) => `${kind} ${position} ${name}`)
      .sort()
      .join();
  if (keyOf(table) !== keyOf(existing)) {
    return [`its primary key is another one: it is of an older definition, or of another system; ${again(table)}`];
  }
  return [
    ...missingFrom(table, existing)
      .filter(({ name }) => !drop.includes(`${table.name}.${name}`))
      .map(
        ({ name }) =>
          `column '${name}' is in the definition no more. --drop ${table.name}.${name} takes it away with what it holds`,
      ),
    ...table.columns.flatMap(({ name, type }) => {
      const before = existing.columns.find((each) => each.name === name);
      if (before === undefined || before.type === type) return [];
      return [
        `column '${name}' is ${before.type} and would become ${type}, which Cassandra cannot do; ${again(table)}`,
      ];
    }),
  ];
}

function missingFrom(table: CassandraTable, other: CassandraTable): readonly CassandraColumn[] {
  return other.columns.filter(({ name }) => table.columns.every((each) => each.name !== name));
}
