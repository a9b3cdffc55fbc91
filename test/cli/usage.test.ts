import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';

const COMMANDS = ['start', 'generate', 'import', 'report', 'export', 'verify', 'compile', 'apply', 'stack', 'doctor'];

/** A definition in a file of its own. */
async function configFile(folder: string, text: string): Promise<string> {
  const path = join(folder, 'daybook.config.ts');
  await writeFile(path, text);
  return path;
}

const definition = (reports: string): string => `
import { count, countDistinct, date, decimal, defineDashboard, defineDaybook, defineReport, defineStream, sum, text, timestamp, uuid } from 'daybook';
const sales = defineStream({
  name: 'sales', timeZone: 'Europe/Paris', currency: 'EUR', primaryKey: 'id', eventTime: 'at', businessDate: 'day',
  fields: { id: uuid(), at: timestamp(), day: date(), customer: text(), amount: decimal() },
});
export const daybook = defineDaybook({
  stream: sales, reports: [${reports}], dashboard: defineDashboard({ title: 'Sales', tiles: [] }),
});
`;

describe('help', () => {
  it('names every command, and each command shows an example', async () => {
    const help = await runDaybook(['--help']);
    expect(help.code).toBe(0);
    for (const command of COMMANDS) expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    const helps = await Promise.all(COMMANDS.map((command) => runDaybook([command, '--help'])));
    for (const [index, { code, stdout }] of helps.entries()) {
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: daybook ${COMMANDS[index]}`);
      expect(stdout).toMatch(new RegExp(`Examples:\\n  (.* )?daybook ${COMMANDS[index]}`));
    }
  });

  it('says what a command cannot do without, and so does the command; a setting of the environment will do', async () => {
    const flags = ['--kafka <host:port>', '--postgres <host:port/database>'];
    const [help, none, kafka] = await Promise.all([
      runDaybook(['sink', 'postgres', '--help']),
      runDaybook(['sink', 'postgres']),
      runDaybook(['sink', 'postgres'], '', { DAYBOOK_KAFKA: '127.0.0.1:1' }),
    ]);
    const required = help.stdout.split(/\n  (?=-)/).filter((option) => option.includes('(required)'));
    expect(required.map((option) => /^\S+ <.*?>/.exec(option)?.[0])).toEqual(flags);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining(`required option '${flags[0]}'`)]);
    expect([kafka.code, kafka.stderr]).toEqual([2, expect.stringContaining(`required option '${flags[1]}'`)]);
  });

  it('says what exit codes mean', async () => {
    expect((await runDaybook(['--help'])).stdout).toMatch(/^Exit code 0: [^;]*; 1: [^;]*; 2: [^;]*; 130 /m);
    for (const command of ['import', 'explain', 'verify', 'migrate', 'doctor']) {
      expect((await runDaybook([command, '--help'])).stdout).toContain('Exit code 0: ');
    }
  });

  it('says the version of the package', async () => {
    expect(await runDaybook(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe('a wrong call ends with exit code 2 and a sentence', () => {
  it.each([
    [['reprot'], "unknown command 'reprot'"],
    [['report'], "missing required argument 'name'"],
    [['report', 'daily_pu_rev', '--from', '2026-02-30'], 'It must be a day that exists'],
    [['report', 'daily_pu_rev', '--format', 'xml'], 'Allowed choices are table, json, csv, ndjson'],
    [['report', 'daily_pu_rev', '--url', 'shop'], 'It must be an address such as http://127.0.0.1:4000'],
    [['report', 'daily_pu_rve'], 'daily_pu_rev, daily_category_product, daily_address'],
    [['start', '--port', '99999'], 'It must be a whole number from 0 to 65535'],
    [['start', '--rate', 'fast'], 'It must be a number from'],
    [['start', '--allow-host', 'http://shop.example'], 'It must be a name or address such as daybook.example'],
    [['export', '--out', 'files'], 'Say which days'],
    [['export', '--date', '2026-03-04', '--from', '2026-03-01', '--out', 'files'], 'cannot be used with'],
    [['generate', '--from', '2026-03-04', '--to', '2026-03-01'], 'is after'],
    [['verify', '--from', '2026-03-04', '--to', '2026-03-01'], 'is after'],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await runDaybook(args);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('a Daybook is named once, by its folder or its address', () => {
  const url = 'http://127.0.0.1:9';
  it.each([
    [['report', 'daily_pu_rev']],
    [['query', 'SELECT * FROM daily_pu_rev']],
    [['explain', 'daily_pu_rev', '2026-03-04']],
    [['export', '--date', '2026-03-04', '--out', 'files']],
    [['verify']],
    [['migrate', '--to-kafka', '127.0.0.1:9', '--postgres', '127.0.0.1:9/daybook']],
  ])('%j', async (args) => {
    const both = await runDaybook([...args, '--data', 'shop', '--url', url]);
    expect([both.code, both.stdout, both.stderr]).toEqual([
      2,
      '',
      `daybook: --data shop and --url ${url} name two Daybooks. Leave one of them out. (USAGE)\n`,
    ]);
    // A setting gives way to a flag.
    const { stderr } = await runDaybook([...args, '--url', url], '', { DAYBOOK_DATA: 'shop' });
    expect(stderr).toContain(`at ${url}`);
  });
});

it.each([
  ['--no-generate', '--rate 5', '--rate'],
  ['--no-generate', '--seed 2', '--seed'],
  ['--from-kafka 127.0.0.1:9', '--catalog shop.csv', '--catalog'],
])('a start that generates no sales is not told how to: %s %s', async (none, how, flag) => {
  await using folder = await temporaryFolder();
  const data = ['--data', join(folder.path, 'data')];
  const { code, stdout, stderr } = await runDaybook(['start', ...data, ...none.split(' '), ...how.split(' ')]);
  expect([code, stdout, stderr]).toEqual([
    2,
    '',
    `daybook: ${flag} is of sales that are generated, and ${none.split(' ')[0]} generates none. Leave one of them out. (USAGE)\n`,
  ]);
});

it('a start is told which topic to read along with where it is', async () => {
  const { code, stderr } = await runDaybook(['start', '--topic', 'sales']);
  expect([code, stderr]).toEqual([2, 'daybook: --topic needs --from-kafka: where the topic is. (USAGE)\n']);
});

describe('a setting', () => {
  it('comes from the environment, unless a flag says otherwise', async () => {
    await using folder = await temporaryFolder();
    const [own, other] = [join(folder.path, 'own'), join(folder.path, 'other')];
    const environment = { DAYBOOK_DATA: own };
    const fromEnvironment = await runDaybook(['report', 'daily_pu_rev'], '', environment);
    expect(fromEnvironment.stderr).toContain(`no data folder ${own}`);
    const fromFlag = await runDaybook(['report', 'daily_pu_rev', '--data', other], '', environment);
    expect(fromFlag.stderr).toContain(`no data folder ${other}`);
    const wrong = await runDaybook(['start'], '', { DAYBOOK_PORT: 'http' });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('DAYBOOK_PORT')]);
  });

  it('that is empty is none', async () => {
    await using folder = await temporaryFolder();
    const names = [
      'DATA',
      'CONFIG',
      'PORT',
      'HOST',
      'ALLOW_HOST',
      'FROM_KAFKA',
      'TOPIC',
      'CATALOG',
      'RATE',
      'STATE_MB',
    ];
    const empty = Object.fromEntries(names.map((name) => [`DAYBOOK_${name}`, '']));
    const { stdout } = await runDaybook(['doctor'], '', empty);
    expect(stdout).toMatch(/^\w+ +definition: daybook\.config\.ts /m);
    expect(stdout).toMatch(/^\w+ +data folder: \.daybook /m);
    expect(stdout).toMatch(/^\w+ +port: 4000 /m);
    const daybook = await startDaybook(join(folder.path, 'data'), ['--no-generate'], empty);
    expect(await daybook.stop()).toBe(0);
  });

  it('that is a switch is on by true, off by false, and nothing else', async () => {
    await using folder = await temporaryFolder();
    const acceptedWith = async (DAYBOOK_NO_GENERATE: string, enough: number): Promise<number> => {
      const daybook = await startDaybook(join(folder.path, DAYBOOK_NO_GENERATE), [], { DAYBOOK_NO_GENERATE });
      try {
        for (let waited = 0; ; waited++) {
          const status = (await (await fetch(`${daybook.url}/api/v1/pipeline`)).json()) as {
            readonly accepted: number;
          };
          if (status.accepted >= enough || waited === 20) return status.accepted;
          await setTimeout(100);
        }
      } finally {
        await daybook.stop();
      }
    };
    expect(await acceptedWith('true', 1)).toBe(0);
    expect(await acceptedWith('false', 1)).toBeGreaterThan(0);
    const wrong = await runDaybook(['start'], '', { DAYBOOK_NO_GENERATE: 'maybe' });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("DAYBOOK_NO_GENERATE is 'maybe'")]);
  });

  it('that names a folder without a Daybook is told so by who reads or repairs, and nothing is put there', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'other');
    await mkdir(data);
    for (const args of [['report', 'daily_pu_rev'], ['query', 'SELECT 1'], ['verify'], ['doctor', '--repair']]) {
      const { stderr } = await runDaybook([...args, '--data', data]);
      expect(stderr).toContain(`There is no Daybook in the folder ${data}.`);
    }
    expect(await readdir(data)).toEqual([]);
    const none = await runDaybook(['doctor', '--repair', '--data', join(folder.path, 'none')]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('(DATA_FOLDER_MISSING)')]);
    expect(await readdir(folder.path)).toEqual(['other']);
  });
});

it('a Daybook answers to the names that it was told', async () => {
  await using folder = await temporaryFolder();
  const names = ['--allow-host=shop.example,Till.example', '--allow-host=office.example'];
  const daybook = await startDaybook(folder.path, ['--no-generate', ...names]);
  try {
    const statusAs = async (host: string): Promise<number | undefined> => {
      const [response] = (await once(get(`${daybook.url}/healthz`, { headers: { host } }), 'response')) as [
        IncomingMessage,
      ];
      response.resume();
      return response.statusCode;
    };
    for (const name of ['shop.example', 'till.example', 'office.example']) expect(await statusAs(name)).toBe(200);
    expect(await statusAs('elsewhere.example')).toBe(403);
  } finally {
    await daybook.stop();
  }
});

describe('a command that waits for a Daybook that does not answer', () => {
  const CALLS = [
    ['report', 'daily_pu_rev'],
    ['explain', 'daily_pu_rev', '2026-03-04'],
  ];
  it.each(CALLS)('ends as interrupted, by the first Ctrl-C: %s', async (...call) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const asked = once(silent, 'request');
    const { code, stdout, stderr } = await runDaybook([...call, '--url', url], '', {}, () => asked);
    silent.closeAllConnections();
    silent.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('daybook: The command was interrupted before its end. (INTERRUPTED)\n');
  });
});

it('a definition may stand in any folder, also where no package is', async () => {
  await using folder = await temporaryFolder();
  const total = "defineReport(sales, { name: 'takings', dimensions: ['day'], measures: { total: sum('amount') } })";
  const config = await configFile(folder.path, definition(total));
  const { code, stdout } = await runDaybook(['compile', '--target', 'duckdb', '--config', config]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('takings')]);
});

describe('a definition that cannot be used stops every command', () => {
  it('when there is none', async () => {
    await using folder = await temporaryFolder();
    const { code, stderr } = await runDaybook(['start', '--config', join(folder.path, 'none.ts')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^daybook: There is no definition at .*none\.ts\. .*--config\. \(CONFIG_MISSING\)\n$/);
  });

  it('when a folder is named for it', async () => {
    await using folder = await temporaryFolder();
    const { code, stderr } = await runDaybook(['start', '--config', folder.path]);
    expect([code, stderr]).toEqual([
      2,
      `daybook: The definition ${folder.path} cannot be loaded: it is a folder; name the file in it. (CONFIG_UNREADABLE)\n`,
    ]);
  });

  it('when it exports none', async () => {
    await using folder = await temporaryFolder();
    const config = await configFile(folder.path, 'export const book = 1;\n');
    const { code, stderr } = await runDaybook(['report', 'x', '--config', config]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('export const daybook = defineDaybook(')]);
  });

  it.each([
    ['no TypeScript', 'export const daybook = {\n  stream: 1\n  reports: [],\n};\n', 3, 'Expected .*'],
    ['cut off', 'export const daybook = {\n', 1, 'Unexpected token .*'],
    ['TypeScript that cannot be erased', 'export const a = 1;\nenum Kind {}\n', 2, '.* enum is not supported .*'],
    ['with a name that is not there', "\nimport { cuont } from 'daybook';\n", 2, ".* named 'cuont'"],
    ['with a name that nobody imported', '\n\nexport const daybook = count();\n', 3, 'count is not defined'],
    ['with what our own code cannot take', "import { defineReport } from 'daybook';\ndefineReport();\n", 2, '.*'],
  ])('when it is %s, with the line', async (_what, text, line, reason) => {
    await using folder = await temporaryFolder();
    const config = await configFile(folder.path, text);
    const { code, stderr } = await runDaybook(['import', 'x.csv', '--config', config]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`cannot be loaded: ${reason}, at .*daybook\\.config\\.ts:${line}[.]`));
    expect(stderr).toContain('(CONFIG_UNREADABLE)');
    expect(stderr.includes("add it to the import from 'daybook'")).toBe(reason.includes('not defined'));
  });

  it('and names no line where a file is missing that it imports', async () => {
    await using folder = await temporaryFolder();
    const config = await configFile(folder.path, "import './fields.ts';\n");
    const { stderr } = await runDaybook(['import', 'x.csv', '--config', config]);
    expect(stderr).toMatch(
      /cannot be loaded: Cannot find module '.*fields[.]ts' imported from .*daybook[.]config[.]ts[.] /,
    );
  });

  it('with a sentence for each mistake that names the report and the field', async () => {
    await using folder = await temporaryFolder();
    const config = await configFile(
      folder.path,
      definition(`
        defineReport(sales, { name: 'takings', dimensions: ['day'], measures: { total: sum('amuont') } }),
        defineReport(sales, { name: 'visits', dimensions: ['day', 'shop'], measures: { all: count() }, where: { customre: 'A' } }),
      `),
    );
    const { code, stdout, stderr } = await runDaybook([
      'start',
      '--port',
      '0',
      '--data',
      join(folder.path, 'data'),
      '--config',
      config,
    ]);
    expect([code, stdout]).toEqual([2, '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toContain('daybook.config.ts is wrong (DEFINITION_WRONG)');
    expect(lines[1]).toMatch(/report 'takings': measure 'total': 'amuont' is not a field of stream 'sales'/);
    expect(lines[2]).toMatch(/report 'visits': dimension 'shop' is not a field/);
    expect(lines[3]).toMatch(/report 'visits': where 'customre': that is not a field/);
    expect(lines).toHaveLength(4);
  });

  it('and shows where only when it is asked to', async () => {
    const { stderr } = await runDaybook(['report', 'daily_pu_rev', '--config', 'none.ts']);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});
