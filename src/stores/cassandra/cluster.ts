import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { ArrayOrObject } from 'cassandra-driver';
import { Client, concurrent, errors, types } from 'cassandra-driver';
import { DaybookError } from '../../base/errors.ts';

/** Where Cassandra is and who asks. Holds secrets: it is never logged. */
export interface CassandraConnection {
  /** `host:port` each; any of them leads to the others. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly tls?: TlsOptions;
}

/** Requests of one call that are under way at once. */
const CONCURRENT = 128;
const REQUEST_MS_MAX = 20_000;

/** A row by column name, as the driver gives it. */
export type CassandraRow = types.Row;

/** A Cassandra cluster. Its methods throw what `cassandraFailure` makes of errors. */
export interface CassandraCluster extends AsyncDisposable {
  /** Runs one prepared statement. */
  run(cql: string, values?: readonly unknown[]): Promise<readonly CassandraRow[]>;
  /** Runs a prepared statement once for each list of values, many at once. @returns the rows of each, in order */
  runEach(cql: string, values: readonly (readonly unknown[])[]): Promise<readonly (readonly CassandraRow[])[]>;
  /** Runs batches, many at once; the statements of one batch are all of one partition, so that it is one write. */
  writeBatches(batches: readonly (readonly CassandraWrite[])[]): Promise<void>;
  /** All rows that a statement gives, page by page. */
  pages(cql: string, values: readonly unknown[]): AsyncIterable<readonly CassandraRow[]>;
}

export interface CassandraWrite {
  readonly cql: string;
  readonly values: readonly unknown[];
}

/** Opens a cluster. Nothing is sent before the first call; a cluster that was away is found again by itself. */
export function openCassandra(connection: CassandraConnection): CassandraCluster {
  let opened: Promise<Client> | undefined;
  const client = (): Promise<Client> => {
    opened ??= connect(connection).catch((error: unknown) => {
      // A client that could not connect cannot be used again.
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const using = async <R>(work: (client: Client) => Promise<R>): Promise<R> => {
    try {
      const used = await client();
      try {
        return await work(used);
      } catch (error) {
        if (!isForgotten(error)) throw error;
        // Prepared from the beginning, the cluster says why.
        used.metadata.clearPrepared();
        return await work(used);
      }
    } catch (error) {
      throw cassandraFailure(error);
    }
  };
  return {
    run: (cql, values = []) =>
      using(async (each) => (await each.execute(cql, [...values] as ArrayOrObject, { prepare: true })).rows),
    runEach: (cql, values) =>
      using(async (each) => {
        const lists = values.map((list) => [...list]);
        const options = { concurrencyLevel: CONCURRENT, collectResults: true };
        const { resultItems } = await concurrent.executeConcurrent(each, cql, lists, options);
        return resultItems.map((item) => (item as types.ResultSet).rows ?? []);
      }),
    writeBatches: (batches) => using((each) => writeAll(each, batches)),
    async *pages(cql, values) {
      let pageState: string | undefined;
      do {
        const state = pageState;
        const page = await using((each) =>
          each.execute(cql, [...values] as ArrayOrObject, {
            prepare: true,
            ...(state !== undefined && { pageState: state }),
          }),
        );
        yield page.rows;
        // The driver says null at the end.
        pageState = page.pageState ?? undefined;
      } while (pageState !== undefined);
    },
    async [Symbol.asyncDispose]() {
      await (await opened)?.shutdown();
    },
  };
}

async function connect({ contactPoints, localDataCenter, credentials, tls }: CassandraConnection): Promise<Client> {
  const client = new Client({
    contactPoints: [...contactPoints],
    localDataCenter,
    ...(credentials !== undefined && { credentials }),
    // Unless it is told to, the driver takes any certificate.
    ...(tls !== undefined && { sslOptions: { rejectUnauthorized: true, ...tls } }),
    queryOptions: { consistency: types.consistencies.localQuorum, isIdempotent: true, fetchSize: 2_000 },
    socketOptions: { connectTimeout: 5_000, readTimeout: REQUEST_MS_MAX },
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.shutdown();
    throw error;
  }
}

async function writeAll(client: Client, batches: readonly (readonly CassandraWrite[])[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < batches.length) {
      const batch = batches[next++] ?? [];
      const queries = batch.map(({ cql, values }) => ({ query: cql, params: [...values] }));
      await client.batch(queries, { prepare: true, logged: false });
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT / 8, batches.length) }, work));
}

/** What the driver's errors tell of themselves. */
interface DriverError extends Error {
  /** Of the protocol; of the system when the network failed. */
  readonly code?: number | string;
  readonly innerErrors?: Readonly<Record<string, Error>>;
}

/** Codes of the protocol: for what no waiting mends, and for a schema that is not ours. */
const REFUSED: readonly number[] = [0x0100, 0x2100];
const MISSING: readonly number[] = [0x2200];
const FAILED: readonly number[] = [0x2000, 0x2300, 0x2400];

/** The code of the protocol for a statement that is not prepared, as its table is gone or another. */
const UNPREPARED = 0x2500;

/**
 * Whether the cluster has forgotten a prepared statement and did not take it again, of which the driver keeps the reason to itself; or
 * the driver has, as it was told to meanwhile.
 */
function isForgotten(error: unknown): boolean {
  if (error instanceof errors.DriverInternalError) return true;
  const { innerErrors = {} } = error as DriverError;
  return Object.values(innerErrors).some(({ code }: DriverError) => code === UNPREPARED);
}

/** An error of the driver or the cluster as one of ours. */
export function cassandraFailure(error: unknown): DaybookError {
  if (error instanceof DaybookError) return error;
  const { message, innerErrors = {} } = error as DriverError;
  const inner = Object.values(innerErrors);
  const all = [error as DriverError, ...(inner as readonly DriverError[])];
  const has = (codes: readonly number[]): boolean =>
    all.some(({ code }) => typeof code === 'number' && codes.includes(code));
  const reason = inner[0]?.message ?? message;
  if (has(REFUSED) || all.some(({ name }) => name === 'AuthenticationError')) {
    return new DaybookError('CASSANDRA_REFUSED', `Cassandra refuses it: ${reason}. Check user, password and rights.`, {
      cause: error,
    });
  }
  if (has(MISSING)) {
    return new DaybookError(
      'CASSANDRA_NOT_APPLIED',
      `The cluster is not as the definition asks for: ${reason}. Run daybook apply --target cassandra.`,
      { cause: error },
    );
  }
  // What neither the driver nor the network says is a mistake in between, which no waiting mends.
  const isTheirs = error instanceof errors.DriverError || typeof (error as DriverError).code === 'string';
  if (has(FAILED) || error instanceof TypeError || !isTheirs) {
    return new DaybookError('CASSANDRA_FAILED', `Cassandra failed: ${reason}`, { cause: error });
  }
  return new DaybookError('CASSANDRA_UNREACHABLE', `Cassandra does not answer: ${reason}`, {
    retryable: true,
    cause: error,
  });
}
