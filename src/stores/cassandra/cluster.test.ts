import { errors } from 'cassandra-driver';
import { expect, it } from 'vitest';
import { cassandraFailure } from './cluster.ts';

it('what is no error of the driver or of the network is not taken for a cluster that is away', () => {
  const away = [
    new errors.NoHostAvailableError({}, 'All host(s) tried for query failed.'),
    new errors.OperationTimedOutError('The host did not reply'),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  ];
  for (const error of away)
    expect(cassandraFailure(error)).toMatchObject({ code: 'CASSANDRA_UNREACHABLE', retryable: true });
  const wrong = [
    new Error('Broken invariant: a value has a type'),
    new TypeError('Expected a number'),
    Object.assign(new TypeError('No number'), { code: 'ERR_INVALID_ARG_TYPE' }),
  ];
  for (const error of wrong)
    expect(cassandraFailure(error)).toMatchObject({ code: 'CASSANDRA_FAILED', retryable: false });
});
