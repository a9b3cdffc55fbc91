import { DaybookError } from '../../base/errors.ts';

/** Where a Spark Connect server is, and how to talk to it. */
export interface SparkAddress {
  /** `http://…` or `https://…`, as gRPC's transport takes it. */
  readonly baseUrl: string;
  /** `sc://host:port`, without anything secret: for messages. */
  readonly shown: string;
  /** Sent as a bearer token. It comes from the environment, never from the address. */
  readonly token: string | undefined;
}

const DEFAULT_PORT = 15_002;

/**
 * Reads an address such as `sc://127.0.0.1:15002` or `sc://spark.example:443/;use_ssl=true`.
 * @param token  makes the connection use TLS, as Spark's own clients do
 * @throws DaybookError `SPARK_ADDRESS_WRONG`
 * Source: "Connecting to Spark Connect using Clients" of Spark's documentation
 */
export function parseSparkAddress(text: string, token?: string): SparkAddress {
  const match = /^sc:\/\/([\w.-]+|\[[\da-f:]+\])(?::(\d{1,5}))?(?:\/(?:;(.*))?)?$/i.exec(text);
  if (match === null) throw wrong('it must be written as sc://host:port');
  const [, host = '', port = String(DEFAULT_PORT), parameters = ''] = match;
  let tls = token !== undefined;
  for (const parameter of parameters.split(';').filter((each) => each !== '')) {
    const [name = '', value = ''] = parameter.split('=');
    if (name === 'token') throw wrong('a token stands in the environment, in DAYBOOK_SPARK_TOKEN');
    if (name !== 'use_ssl' || !/^(true|false)$/.test(value)) {
      throw wrong('of what may follow /; use_ssl=true alone is known');
    }
    if (token !== undefined && value === 'false') throw wrong('a token is sent over TLS alone');
    tls ||= value === 'true';
  }
  return { baseUrl: `${tls ? 'https' : 'http'}://${host}:${port}`, shown: `sc://${host}:${port}`, token };
}

/** What was typed is not repeated: it may hold a token or a password. */
function wrong(why: string): DaybookError {
  return new DaybookError('SPARK_ADDRESS_WRONG', `Spark's address cannot be used: ${why}.`);
}
