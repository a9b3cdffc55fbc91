import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import { parseSparkAddress } from '../spark/connect/address.ts';
import { cassandraConnection } from './cassandra-connection.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { postgresConnection } from './postgres-connection.ts';
import { supersetZip } from './superset-bundle.ts';

const SECRET = 'dont-tell';
const plan = makePlan(daybook);
const CONNECTIONS: Readonly<Record<string, (address: string) => unknown>> = {
  Kafka: kafkaConnection,
  Cassandra: cassandraConnection,
  PostgreSQL: postgresConnection,
  Spark: parseSparkAddress,
  Superset: (address) => supersetZip(plan, address),
};

/** How passwords get into addresses, and mistakes around them. */
const ofBrokers = (scheme: string): readonly string[] => [
  `ann:${SECRET}@host:9000`,
  `host:9000,ann:${SECRET}@host:9000`,
  `host:9000/?password=${SECRET}`,
  `${scheme}://ann:${SECRET}@host:9000`,
  SECRET,
];
const TYPED: Readonly<Record<string, readonly string[]>> = {
  Kafka: ofBrokers('kafka'),
  Cassandra: ofBrokers('cassandra'),
  PostgreSQL: [
    `ann:${SECRET}@host:9000/shop`,
    `postgres://ann:${SECRET}@host/shop`,
    `postgres://ann:${SECRET}@host:port/shop`,
    `postgres://host/shop?password=${SECRET}`,
    `http://ann:${SECRET}@host/shop`,
  ],
  Spark: [
    `ann:${SECRET}@host:15002`,
    `sc://ann:${SECRET}@host:15002`,
    `sc://host:15002/;token=${SECRET}`,
    `sc://host:15002/;tokn=${SECRET}`,
    `sc://host:15002/;use_ssl=${SECRET}`,
    `sc://host:15002/;${SECRET}`,
  ],
  Superset: [
    `postgres://ann:${SECRET}@host/shop`,
    `postgres://ann:${SECRET}@host:port/shop`,
    `mysql://ann:${SECRET}@host/shop`,
  ],
};

it.each(Object.keys(CONNECTIONS))(
  'an address of %s that is refused is not repeated: it may hold a password',
  (name) => {
    for (const address of TYPED[name] ?? []) {
      expect(() => CONNECTIONS[name]?.(address)).toThrow(/must|password|cannot/);
      expect(() => CONNECTIONS[name]?.(address)).not.toThrow(SECRET);
    }
  },
);
