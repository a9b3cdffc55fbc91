import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { kafkaConnection } from './kafka-connection.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybook-kafka-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it('takes brokers as they are told, and neither TLS nor a user unless the environment has them', () => {
  expect(kafkaConnection('a:9092, b:9093,[::1]:9092')).toEqual({
    bootstrapBrokers: ['a:9092', 'b:9093', '[::1]:9092'],
  });
});

it.each(['', 'localhost', 'localhost:', 'user:secret@host:9092', 'http://a:9092', 'a:9092,'])(
  "refuses '%s' as brokers, and says how they are written",
  (brokers) => {
    expect(() => kafkaConnection(brokers)).toThrow(/it must be host:port, such as 127\.0\.0\.1:9092/);
  },
);

it('says which of several brokers is written wrongly', () => {
  expect(() => kafkaConnection('a:9092,b,c:9092')).toThrow("Kafka's broker 2 of 3");
});

it('takes TLS, the user and the password from the environment and the files that it names', async () => {
  await writeFile(join(folder, 'ca'), 'authority');
  await writeFile(join(folder, 'password'), 'secret\n');
  vi.stubEnv('DAYBOOK_KAFKA_CA_FILE', join(folder, 'ca'));
  vi.stubEnv('DAYBOOK_KAFKA_SASL', 'SCRAM-SHA-512');
  vi.stubEnv('DAYBOOK_KAFKA_USER', 'shop');
  vi.stubEnv('DAYBOOK_KAFKA_PASSWORD_FILE', join(folder, 'password'));
  expect(kafkaConnection('a:9093')).toEqual({
    bootstrapBrokers: ['a:9093'],
    tls: { ca: 'authority' },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'shop', password: 'secret' },
  });
});

it('says which setting is missing or wrong', () => {
  vi.stubEnv('DAYBOOK_KAFKA_SASL', 'kerberos');
  expect(() => kafkaConnection('a:1')).toThrow('must be one of plain, scram-sha-256, scram-sha-512');
  vi.stubEnv('DAYBOOK_KAFKA_SASL', 'plain');
  expect(() => kafkaConnection('a:1')).toThrow('DAYBOOK_KAFKA_USER is not');
  vi.stubEnv('DAYBOOK_KAFKA_USER', 'shop');
  expect(() => kafkaConnection('a:1')).toThrow('DAYBOOK_KAFKA_PASSWORD or DAYBOOK_KAFKA_PASSWORD_FILE is not');
  vi.stubEnv('DAYBOOK_KAFKA_PASSWORD_FILE', join(folder, 'missing'));
  expect(() => kafkaConnection('a:1')).toThrow(/DAYBOOK_KAFKA_PASSWORD_FILE names .*missing, which cannot be read/);
});
