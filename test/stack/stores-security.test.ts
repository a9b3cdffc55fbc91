import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { fetchPackages } from '../../stack/cache.ts';
import { freePorts, portsOfEnvironment } from '../../stack/free-ports.ts';
import { cassandraServer } from '../../stack/parts/cassandra.ts';
import { signalProcess, startProcess as startServer, untilEnded } from '../../stack/process.ts';
import { pathOf } from '../../stack/programs.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { readyUrl, startProcess } from './processes.ts';
import { openFeeder } from './report-feeder.ts';
import { post, readReport } from '../process/reports-over-http.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { rowsInPostgres } from './stores.ts';

const run = promisify(execFile);
const clock = machineClock();
const plan = makePlan(daybook);
const secret = (): string => randomBytes(12).toString('hex');
const SERVER_MS = 180_000;

/** An authority's own certificate, as files: it stands for a server on loopback. */
interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

async function certify(folder: string, name: string): Promise<Certificate> {
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-out',
    certificate,
    '-keyout',
    key,
    ...subject,
  ]);
  return { certificate, key };
}

/** Has PostgreSQL take TLS alone, and gives its user's password. */
async function securePostgres({ stack, at }: Servers<'postgres'>, { certificate, key }: Certificate): Promise<string> {
  const data = join(stack.folder, 'postgres/data');
  await writeFile(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  const [own, ownKey] = [join(data, 'own.crt'), join(data, 'own.key')];
  await copyFile(certificate, own);
  await copyFile(key, ownKey);
  await run('chown', ['--reference', data, own, ownKey]);
  await chmod(ownKey, 0o600);
  for (const setting of [`ssl = on`, `ssl_cert_file = '${own}'`, `ssl_key_file = '${ownKey}'`]) {
    await rowsInPostgres(at.postgres, `ALTER SYSTEM SET ${setting}`);
  }
  await stack.kill('postgres');
  await stack.start('postgres');
  return new URL(at.postgres).password;
}

/** A Cassandra that takes TLS and passwords alone, with a user for Daybook; else as Cassandra is when nobody sets it up. */
async function startCassandra(
  folder: string,
  { certificate, key }: Certificate,
  password: string,
): Promise<AsyncDisposable & { readonly address: string }> {
  const java = await pathOf('Java');
  const { cassandra: classPath } = await fetchPackages(['cassandra'], { clock });
  const ports = freePorts(portsOfEnvironment(false), []);
  const port = await ports.next(undefined);
  const [storagePort, sslStoragePort] = [await ports.next(undefined), await ports.next(undefined)];
  const server = await cassandraServer({ folder, java, classPath, port, storagePort, sslStoragePort });
  await server.prepare();
  const store = secret();
  const keystore = join(folder, 'cassandra.p12');
  const pack = ['pkcs12', '-export', '-in', certificate, '-inkey', key, '-out', keystore, '-passout', `pass:${store}`];
  await run('openssl', pack);
  const yaml = join(folder, 'cassandra/cassandra.yaml');
  const settings = JSON.parse(await readFile(yaml, 'utf8')) as object;
  const secured = {
    ...settings,
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10s',
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    client_encryption_options: {
      enabled: true,
      optional: false,
      keystore,
      keystore_password: store,
      store_type: 'PKCS12',
    },
  };
  await writeFile(yaml, JSON.stringify(secured));
  const logFile = join(folder, 'cassandra.log');
  const { command, workingFolder, readyText } = server;
  const started = await startServer({ command, workingFolder, environment: {}, logFile });
  const address = `127.0.0.1:${port}`;
  const log = (): Promise<string> => readFile(logFile, 'utf8');
  await expect.poll(log, { timeout: SERVER_MS }).toContain(readyText);
  // The first user is made a moment later.
  await expect.poll(log, { timeout: SERVER_MS }).toContain("Created default superuser role 'cassandra'");
  const first = new Client({
    contactPoints: [address],
    localDataCenter: 'datacenter1',
    credentials: { username: 'cassandra', password: 'cassandra' },
    sslOptions: { ca: await readFile(certificate), rejectUnauthorized: true },
  });
  await first.execute(`CREATE ROLE shop WITH PASSWORD = '${password}' AND LOGIN = true AND SUPERUSER = true`);
  await first.shutdown();
  return {
    address,
    async [Symbol.asyncDispose]() {
      signalProcess(started, 'SIGKILL');
      await untilEnded(started, 10_000, clock);
    },
  };
}

test('PostgreSQL and Cassandra are reached by TLS and passwords from files, by every command; others are refused, and no secret is told', async () => {
  await using folder = await temporaryFolder();
  await chmod(folder.path, 0o711);
  await mkdir(join(folder.path, 'keys'));
  const [ofPostgres, ofCassandra] = [
    await certify(join(folder.path, 'keys'), 'postgres'),
    await certify(join(folder.path, 'keys'), 'cassandra'),
  ];
  await using servers = await startServers(['kafka', 'postgres']);
  const passwords = { postgres: await securePostgres(servers, ofPostgres), cassandra: secret() };
  await using cassandra = await startCassandra(folder.path, ofCassandra, passwords.cassandra);
  const files: Record<string, string> = {};
  for (const [name, password] of Object.entries(passwords)) {
    const path = join(folder.path, `${name}-password`);
    await writeFile(path, `${password}\n`, { mode: 0o600 });
    files[`DAYBOOK_${name.toUpperCase()}_PASSWORD_FILE`] = path;
  }
  const url = new URL(servers.at.postgres);
  const environment: Readonly<Record<string, string>> = {
    ...files,
    DAYBOOK_KAFKA: servers.at.kafka,
    DAYBOOK_POSTGRES: `${url.host}${url.pathname}`,
    DAYBOOK_POSTGRES_CA_FILE: ofPostgres.certificate,
    DAYBOOK_CASSANDRA: cassandra.address,
    DAYBOOK_CASSANDRA_CA_FILE: ofCassandra.certificate,
    DAYBOOK_CASSANDRA_USER: 'shop',
  };
  const told: string[] = [];
  const apply = async (target: string, changed: Readonly<Record<string, string>> = {}) => {
    const answer = await runDaybook(['apply', '--target', target], '', { ...environment, ...changed });
    told.push(answer.stdout, answer.stderr);
    return answer;
  };
  for (const target of ['kafka', 'postgres', 'cassandra']) expect(await apply(target)).toMatchObject({ code: 0 });
  expect(told.join('')).toContain(
    '(commitlog_sync: periodic): a node that crashes loses what came last. Set commitlog_sync',
  );

  await using processes = new AsyncDisposableStack();
  await using feeder = await openFeeder(plan, servers.at.kafka);
  feeder.follow();
  const sinks = ['postgres', 'cassandra'].map((store) => processes.use(startProcess(['sink', store], environment)));
  const serve = processes.use(startProcess(['serve', '--port', '0'], environment));
  const at = await readyUrl(serve);
  const sales = mixedSales(500, { repeats: 0.05, seed: 21 });
  expect(await post(at, sales)).toMatchObject({ status: 200, answer: { quarantined: [] } });
  for (const [name, rows] of Object.entries(reportsOf(sales.map(readSale)))) {
    await expect.poll(() => readReport(at, name)).toEqual(rows);
  }
  const unique = new Set(sales.map((sale) => readSale(sale).ts_id)).size;
  await expect
    .poll(() => runDaybook(['verify', '--url', at]), { interval: 1_000 })
    .toMatchObject({ code: 0, stdout: expect.stringContaining(`${unique} raw records`) as string });

  for (const [target, code, changed] of [
    ['postgres', 'POSTGRES_REFUSED', { DAYBOOK_POSTGRES_PASSWORD: secret() }],
    ['postgres', 'POSTGRES_REFUSED', { DAYBOOK_POSTGRES_PASSWORD_FILE: '' }],
    ['postgres', 'POSTGRES_REFUSED', { DAYBOOK_POSTGRES_TLS: 'false' }],
    ['postgres', 'POSTGRES_UNREACHABLE', { DAYBOOK_POSTGRES_CA_FILE: ofCassandra.certificate }],
    ['cassandra', 'CASSANDRA_REFUSED', { DAYBOOK_CASSANDRA_PASSWORD: secret() }],
    ['cassandra', 'CASSANDRA_UNREACHABLE', { DAYBOOK_CASSANDRA_TLS: 'false' }],
    ['cassandra', 'CASSANDRA_UNREACHABLE', { DAYBOOK_CASSANDRA_CA_FILE: ofPostgres.certificate }],
  ] as const) {
    const { code: exit, stderr } = await apply(target, changed);
    expect({ target, changed, exit, stderr }).toEqual({
      target,
      changed,
      exit: 1,
      stderr: expect.stringContaining(`(${code})`) as string,
    });
  }
  for (const each of [...sinks, serve]) {
    await each.stop();
    told.push(each.text());
  }
  for (const password of Object.values(passwords)) expect(told.join('\n')).not.toContain(password);
});
