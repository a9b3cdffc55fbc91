import type { PoolClient, PoolConfig, QueryResult } from 'pg';
import pg from 'pg';
import { DaybookError } from '../../base/errors.ts';

/** Where PostgreSQL is and who asks, as its library takes it. */
export type PostgresConnection = Pick<
  PoolConfig,
  'host' | 'port' | 'database' | 'user' | 'password' | 'ssl' | 'application_name'
>;

const CONNECT_MS_MAX = 5_000;
/** A statement that takes longer is taken for lost with its server. */
const STATEMENT_MS_MAX = 120_000;
const CONNECTIONS_MAX = 4;

/** A PostgreSQL database. Its methods throw what `postgresFailure` makes of errors of the library and the server. */
export interface PostgresDatabase extends AsyncDisposable {
  /** Runs one statement. */
  query(text: string, values?: readonly unknown[]): Promise<readonly TextRow[]>;
  /** Runs a transaction; what `work` throws rolls it back, and is thrown as it is. @param isolation READ COMMITTED unless told */
  transaction<R>(work: (run: Run) => Promise<R>, isolation?: 'repeatable read'): Promise<R>;
}

/** Runs one statement of a transaction. @returns its rows, and how many were touched */
export type Run = (
  text: string,
  values?: readonly unknown[],
) => Promise<{ readonly rows: readonly TextRow[]; readonly count: number }>;

/** A row by column name, each value as PostgreSQL writes it, so that no number and no date loses anything. */
export type TextRow = Readonly<Record<string, string | null>>;

/** Opens a database. Nothing is sent before the first call; a server that was away is found again by itself. */
export function openPostgres(connection: PostgresConnection): PostgresDatabase {
  const pool = new pg.Pool({
    ...connection,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: STATEMENT_MS_MAX,
    keepAlive: true,
    // How values are written as texts is not left to the server's settings.
    options: '-c DateStyle=ISO -c extra_float_digits=3 -c TimeZone=UTC',
    // Dates are texts as they stand, not moments in this machine's time zone.
    types: { getTypeParser: () => (text: string) => text },
  });
  // A connection that breaks while nobody uses it; whoever asks next gets a new one or the error.
  pool.on('error', () => undefined);
  return {
    async query(text, values = []) {
      return (await queryOn(pool, text, values)).rows;
    },
    async transaction(work, isolation) {
      let client: PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw postgresFailure(error);
      }
      // Errors of a connection in use come to its queries, too; without a listener the event would end the process.
      const ignore = (): void => undefined;
      client.on('error', ignore);
      let broken: Error | undefined;
      try {
        await queryOn(client, isolation === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolation} READ ONLY`);
        const result = await work(runIn(client));
        await queryOn(client, 'COMMIT');
        return result;
      } catch (error) {
        broken = await rollBack(client);
        throw error;
      } finally {
        client.off('error', ignore);
        client.release(broken);
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

function runIn(client: PoolClient): Run {
  return async (text, values = []) => {
    const { rows, rowCount } = await queryOn(client, text, values);
    return { rows, count: rowCount ?? 0 };
  };
}

/** @throws DaybookError what `postgresFailure` gives */
async function queryOn(
  on: pg.Pool | PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<QueryResult<TextRow>> {
  try {
    return await on.query<TextRow>(text, [...values]);
  } catch (error) {
    throw postgresFailure(error);
  }
}

/** @returns why the connection cannot be used again, if so */
async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Classes and codes of PostgreSQL's errors that go by themselves: connections, resources, intervention, serialization. */
const PASSING = /^(08|53|57P|57014|40001|40P01|25006)/;
const NO_PASSWORD = /^SASL: .*client password must be/;
const REFUSED = /^(28|42501|3D000)/;
const MISSING = /^(42P01|3F000|42703)/;

/** An error of the library or the server as one of ours. */
export function postgresFailure(error: unknown): DaybookError {
  if (error instanceof DaybookError) return error;
  const { code = '', message } = error as { readonly code?: string; readonly message: string };
  // The library's own words, before the server was told anything.
  if (NO_PASSWORD.test(message)) {
    return new DaybookError(
      'POSTGRES_REFUSED',
      'PostgreSQL asks for a password, and none was given. Name the file that holds it in DAYBOOK_POSTGRES_PASSWORD_FILE.',
      { cause: error },
    );
  }
  if (REFUSED.test(code)) {
    return new DaybookError(
      'POSTGRES_REFUSED',
      `PostgreSQL refuses it: ${message}. Check user, password, database and rights.`,
      { cause: error },
    );
  }
  if (MISSING.test(code)) {
    return new DaybookError(
      'POSTGRES_NOT_APPLIED',
      `The database is not as the definition asks for: ${message}. Run daybook apply --target postgres.`,
      { cause: error },
    );
  }
  // What has no code of the server is a failure of the connection.
  if (!/^[0-9A-Z]{5}$/.test(code) || PASSING.test(code)) {
    return new DaybookError('POSTGRES_UNREACHABLE', `PostgreSQL does not answer: ${message}`, {
      retryable: true,
      cause: error,
    });
  }
  return new DaybookError('POSTGRES_FAILED', `PostgreSQL failed: ${message} (${code})`, { cause: error });
}
