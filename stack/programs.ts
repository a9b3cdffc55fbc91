import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DaybookError } from '../src/base/errors.ts';
import type { Part } from './part.ts';

const run = promisify(execFile);

/** Kafka 4 and Spark 4 run on any Java from this one on; Cassandra 5.0 on this one alone. */
const JAVA_MAJOR = 17;
const PYTHON_MINOR_MIN = 10;
const JAVA_HOMES = '/usr/lib/jvm';
const POSTGRES_HOMES = '/usr/lib/postgresql';

/** A program of the machine that the stack needs. */
export interface Need {
  readonly what: 'Java' | 'Maven' | 'Python' | 'PostgreSQL';
  /** The parts of the stack that need it. */
  readonly parts: readonly Part[];
  /** Finds it. @returns its path, or undefined when it is not there or not fit */
  find(): Promise<string | undefined>;
  /** What is missing, and the command that installs it. */
  readonly advice: string;
}

/** Java that Cassandra runs on as well. @returns the path of `java` */
const findJava = async (): Promise<string | undefined> => {
  const found = await firstOf(
    [
      ...(process.env['JAVA_HOME'] === undefined ? [] : [join(process.env['JAVA_HOME'], 'bin/java')]),
      ...onPath('java'),
      ...foldersOf(JAVA_HOMES).map((home) => join(home, 'bin/java')),
    ],
    async (path) => (await majorOfJava(path)) === JAVA_MAJOR,
  );
  // Its home is what JAVA_HOME must name, wherever links lead to it from.
  return found && realpathSync(found);
};

const findMaven = (): Promise<string | undefined> => firstOf(onPath('mvn'), runs('--version'));

/** Python with pip, which fetches Spark. */
const findPython = (): Promise<string | undefined> =>
  firstOf(
    onPath('python3'),
    runs('-c', `import sys, pip; sys.exit(0 if sys.version_info >= (3, ${PYTHON_MINOR_MIN}) else 1)`),
  );

/** @returns the path of `initdb`, which stands beside PostgreSQL's other programs; of the newest version there is */
const findPostgres = (): Promise<string | undefined> =>
  firstOf(
    [
      ...foldersOf(POSTGRES_HOMES)
        .sort((a, b) => versionOf(b) - versionOf(a))
        .map((home) => join(home, 'bin/initdb')),
      ...onPath('initdb'),
    ],
    runs('--version'),
  );

/** All programs that the stack needs; it fetches what else it runs. */
export const NEEDS: readonly Need[] = [
  {
    what: 'Java',
    parts: ['kafka', 'cassandra', 'spark'],
    find: findJava,
    advice:
      `Java ${JAVA_MAJOR} is missing (JAVA_HOME, PATH and ${JAVA_HOMES} were looked at). Install it: ` +
      `sudo apt-get install openjdk-${JAVA_MAJOR}-jre-headless`,
  },
  {
    what: 'Maven',
    parts: ['kafka', 'cassandra', 'spark'],
    find: findMaven,
    advice: 'Maven (mvn) is missing, which fetches the Java packages. Install it: sudo apt-get install maven',
  },
  {
    what: 'Python',
    parts: ['spark'],
    find: findPython,
    advice:
      `Python 3.${PYTHON_MINOR_MIN} or newer with pip is missing, which fetches Spark. Install it: ` +
      'sudo apt-get install python3 python3-pip',
  },
  {
    what: 'PostgreSQL',
    parts: ['postgres'],
    find: findPostgres,
    advice: 'PostgreSQL (initdb) is missing. Install it: sudo apt-get install postgresql',
  },
];

/**
 * The path of a program that the stack needs.
 * @throws DaybookError `STACK_NEEDS` with the command that installs it
 */
export async function pathOf(what: Need['what']): Promise<string> {
  const need = NEEDS.find((each) => each.what === what);
  const path = await need?.find();
  if (path === undefined) throw new DaybookError('STACK_NEEDS', need?.advice ?? what, { details: { what } });
  return path;
}

/**
 * Checks that all programs which some parts need are there.
 * @throws DaybookError `STACK_NEEDS` that names each missing one and the command that installs it
 */
export async function checkNeeds(parts: readonly Part[]): Promise<void> {
  const needs = NEEDS.filter((need) => need.parts.some((part) => parts.includes(part)));
  const missing = (
    await Promise.all(needs.map(async (need) => ((await need.find()) === undefined ? [need] : [])))
  ).flat();
  if (missing.length === 0) return;
  throw new DaybookError('STACK_NEEDS', missing.map(({ advice }) => advice).join('\n'), {
    details: { missing: missing.map(({ what }) => what) },
  });
}

async function firstOf(
  paths: readonly string[],
  isFit: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const path of paths) if (existsSync(path) && (await isFit(path))) return path;
  return undefined;
}

function onPath(name: string): readonly string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name));
}

function foldersOf(path: string): string[] {
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

function versionOf(path: string): number {
  return Number(/[\d.]+$/.exec(path)?.[0] ?? 0);
}

function runs(...args: readonly string[]): (path: string) => Promise<boolean> {
  return async (path) => {
    try {
      await run(path, [...args]);
      return true;
    } catch {
      // Whatever is wrong with it, it is not fit.
      return false;
    }
  };
}

async function majorOfJava(path: string): Promise<number | undefined> {
  try {
    const { stderr } = await run(path, ['-version']);
    return Number(/version "(?:1\.)?(\d+)/.exec(stderr)?.[1]);
  } catch {
    return undefined;
  }
}
