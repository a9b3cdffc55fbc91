import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { fetchPackages } from '../../stack/cache.ts';
import { freePorts, portsOfEnvironment } from '../../stack/free-ports.ts';
import { kafkaServers } from '../../stack/parts/kafka.ts';
import { signalProcess, startProcess, untilEnded } from '../../stack/process.ts';
import { pathOf } from '../../stack/programs.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';

const run = promisify(execFile);
const clock = machineClock();
const secret = (): string => randomBytes(12).toString('hex');

/** A broker that is reached by TLS and a password alone. */
async function startSecured(folder: string): Promise<
  AsyncDisposable & {
    readonly address: string;
    readonly authority: string;
    readonly plain: string;
    readonly scram: string;
  }
> {
  const java = await pathOf('Java');
  const { kafka: classPath } = await fetchPackages(['kafka'], { clock });
  const ports = freePorts(portsOfEnvironment(false), []);
  const broker = { id: 1, port: await ports.next(undefined), controllerPort: await ports.next(undefined) };
  const [server] = kafkaServers({ folder, java, classPath, clusterId: 'AAAAAAAAAAAAAAAAAAAAAA', brokers: [broker] });
  if (server === undefined) throw new Error('one broker is one server');
  const [plain, scram, store] = [secret(), secret(), secret()];
  const keys = join(folder, 'keys.p12');
  const authority = join(folder, 'authority.pem');
  const trusted = join(folder, 'trusted.p12');
  const keytool = (path: string, ...args: readonly string[]): ReturnType<typeof run> =>
    run(join(dirname(java), 'keytool'), [...args, '-alias', 'broker', '-keystore', path, '-storepass', store]);
  await keytool(keys, '-genkeypair', '-keyalg', 'RSA', '-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1');
  await writeFile(authority, (await keytool(keys, '-exportcert', '-rfc')).stdout);
  await keytool(trusted, '-importcert', '-noprompt', '-file', authority);
  // The settings first, so that users can be made with the storage.
  const data = join(folder, 'kafka-1/data');
  const properties = join(folder, 'kafka-1/server.properties');
  const secured = `
listeners=SASL_SSL://127.0.0.1:${broker.port},CONTROLLER://127.0.0.1:${broker.controllerPort}
advertised.listeners=SASL_SSL://127.0.0.1:${broker.port}
inter.broker.listener.name=SASL_SSL
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="${plain}" user_broker="${plain}" user_shop="${plain}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PKCS12
ssl.keystore.location=${keys}
ssl.keystore.password=${store}
ssl.truststore.type=PKCS12
ssl.truststore.location=${trusted}
ssl.truststore.password=${store}
`;
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'meta.properties'), '');
  await server.prepare();
  await appendFile(properties, secured);
  await run('rm', [join(data, 'meta.properties')]);
  const users = `SCRAM-SHA-512=[name=shop,password=${scram}]`;
  const format = ['format', '--cluster-id', 'AAAAAAAAAAAAAAAAAAAAAA', '--config', properties, '--add-scram', users];
  await run(java, ['-cp', classPath, 'kafka.tools.StorageTool', ...format]);
  const logFile = join(folder, 'broker.log');
  const { command, workingFolder } = server;
  const started = await startProcess({ command, workingFolder, environment: {}, logFile });
  await expect.poll(() => readFile(logFile, 'utf8')).toContain(server.readyText);
  return {
    address: `127.0.0.1:${broker.port}`,
    authority,
    plain,
    scram,
    async [Symbol.asyncDispose]() {
      signalProcess(started, 'SIGKILL');
      await untilEnded(started, 10_000, clock);
    },
  };
}

test('Kafka is reached by TLS and a password from the environment or a file, and no secret is told', async () => {
  await using folder = await temporaryFolder();
  await using broker = await startSecured(folder.path);
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, `${broker.scram}\n`);
  const apply = (settings: Readonly<Record<string, string>>): ReturnType<typeof runDaybook> =>
    runDaybook(['apply', '--target', 'kafka', '--kafka', broker.address], '', settings);
  const tls = { DAYBOOK_KAFKA_CA_FILE: broker.authority, DAYBOOK_KAFKA_USER: 'shop' };

  const plain = await apply({ ...tls, DAYBOOK_KAFKA_SASL: 'plain', DAYBOOK_KAFKA_PASSWORD: broker.plain });
  expect([plain.stderr, plain.stdout]).toEqual(['', expect.stringContaining('daily_records: created')]);
  const fromFile = { DAYBOOK_KAFKA_SASL: 'scram-sha-512', DAYBOOK_KAFKA_PASSWORD_FILE: passwordFile };
  expect((await apply({ ...tls, ...fromFile })).stdout).toBe('All of it was there.\n');
  const day = ['--from', '2026-03-01', '--to', '2026-03-01', '--per-day', '100'];
  const sent = await runDaybook(['generate', ...day, '--to-kafka', broker.address], '', { ...tls, ...fromFile });
  expect(sent.stderr).toContain('written to Kafka, 0 quarantined');

  const wrong = await apply({
    ...tls,
    DAYBOOK_KAFKA_SASL: 'scram-sha-512',
    DAYBOOK_KAFKA_PASSWORD: `not${broker.scram}`,
  });
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('(KAFKA_REFUSED)')]);
  expect(wrong.stderr).not.toContain(broker.scram);
  const unknown = await apply({ DAYBOOK_KAFKA_TLS: 'true', DAYBOOK_KAFKA_USER: 'shop', ...fromFile });
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/self.signed certificate/)]);
});
