import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DaybookError } from '../src/base/errors.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Part } from './part.ts';
import { pathOf } from './programs.ts';
import { inTurn } from './turns.ts';

const POMS = join(import.meta.dirname, 'packages');
const SPARK = '4.2.0';
const TOLD_MS = 500;
const OUTPUT_KEPT = 2000;

/** A folder of the cache, filled from a registry; its name changes with what is in it. */
interface Package {
  readonly folder: string;
  /** What is fetched, for people. */
  readonly title: string;
  readonly parts: readonly Part[];
  /** Fetches it. @param cache  whose `maven` folder is the one that Maven keeps */
  fetch(into: string, cache: string): Promise<Fetching>;
}

/** A program and what it fetches with. */
interface Fetching {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const KAFKA: Package = fromMaven('kafka-4.4.0', 'Kafka 4.4.0 (43 MB)', ['kafka'], 'kafka.xml');
const CASSANDRA: Package = fromMaven('cassandra-5.0.9', 'Cassandra 5.0.9 (67 MB)', ['cassandra'], 'cassandra.xml');
const SPARK_JARS: Package = fromMaven(
  `spark-jars-${SPARK}`,
  `Spark's Kafka connector ${SPARK} (10 MB)`,
  ['spark'],
  'spark-jars.xml',
);
/** The package from PyPI is the whole distribution. Its Python is not used. */
const PYSPARK: Package = {
  folder: `spark-${SPARK}`,
  title: `Spark ${SPARK} (485 MB)`,
  parts: ['spark'],
  fetch: async (into) => ({
    program: await pathOf('Python'),
    args: ['-m', 'pip', 'install', '--no-deps', '--no-cache-dir', '--target', into, `pyspark==${SPARK}`],
  }),
};
const PACKAGES = [KAFKA, CASSANDRA, SPARK_JARS, PYSPARK];

/** Where the packages' files are. */
export interface Packages {
  /** The Java class path of a part. */
  readonly kafka: string;
  readonly cassandra: string;
  /** Spark's home. */
  readonly spark: string;
  /** The jars that Spark needs besides its own. */
  readonly sparkJars: string;
}

export interface FetchOptions {
  readonly clock: Clock;
  /** Told what is fetched, and again now and then while it is. */
  readonly onFetch?: (title: string, elapsedMs: number) => void;
}

/** The folder for what is fetched once for all stacks of this user: DAYBOOK_CACHE, or the system's cache folder. */
export function cacheFolder(): string {
  const { DAYBOOK_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own !== undefined && own !== '') return own;
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.cache') : xdg, 'daybook');
}

/**
 * The packages that some parts need, fetched where they are not in the cache. Several processes may call it at once: one
 * fetches, the others wait. What was interrupted is fetched again.
 * @throws DaybookError `STACK_FETCH` (retryable: the network may be there again later), `STACK_NEEDS`
 */
export async function fetchPackages(parts: readonly Part[], options: FetchOptions): Promise<Packages> {
  const cache = cacheFolder();
  const isThere = ({ folder }: Package): boolean => existsSync(join(cache, folder));
  const wanted = PACKAGES.filter((each) => each.parts.some((part) => parts.includes(part)));
  if (!wanted.every(isThere)) {
    await mkdir(cache, { recursive: true });
    await inTurn(
      join(cache, 'turn'),
      options.clock,
      async () => {
        for (const each of wanted) if (!isThere(each)) await fetchPackage(each, cache, options);
      },
      () => options.onFetch?.('packages, by another process that began earlier', 0),
    );
  }
  return {
    kafka: join(cache, KAFKA.folder, '*'),
    cassandra: join(cache, CASSANDRA.folder, '*'),
    spark: join(cache, PYSPARK.folder, 'pyspark'),
    sparkJars: join(cache, SPARK_JARS.folder),
  };
}

function fromMaven(folder: string, title: string, parts: readonly Part[], pom: string): Package {
  return {
    folder,
    title,
    parts,
    fetch: async (into, cache) => ({
      program: await pathOf('Maven'),
      args: [
        '--batch-mode',
        `-Dmaven.repo.local=${join(cache, 'maven')}`,
        `--file=${join(POMS, pom)}`,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${into}`,
      ],
      environment: { JAVA_HOME: dirname(dirname(await pathOf('Java'))) },
    }),
  };
}

/** Only a whole package gets its name, so that a package that is there is whole. */
async function fetchPackage(each: Package, cache: string, { clock, onFetch }: FetchOptions): Promise<void> {
  const unfinished = join(cache, `${each.folder}.unfinished`);
  await rm(unfinished, { recursive: true, force: true });
  const fetching = await each.fetch(unfinished, cache);
  const startMs = clock.nowMs();
  const done = new AbortController();
  const telling = (async () => {
    while (!done.signal.aborted) {
      onFetch?.(each.title, clock.nowMs() - startMs);
      await clock.sleep(TOLD_MS, done.signal);
    }
  })();
  try {
    await runFetch(fetching, each.title);
    await rename(unfinished, join(cache, each.folder));
  } finally {
    done.abort();
    await telling;
  }
}

async function runFetch({ program, args, environment }: Fetching, title: string): Promise<void> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
  });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-OUTPUT_KEPT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new DaybookError(
    'STACK_FETCH',
    `${title} could not be fetched: ${program} ended with ${code ?? 'a signal'}. Check the network, then try again. ` +
      `It said:\n${output.trim()}`,
    { retryable: true, details: { program, code } },
  );
}
