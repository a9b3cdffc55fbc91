import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

const UNIT_TIMEOUT_MS = 60_000;
const SLOW_TIMEOUT_MS = 180_000;
/** How long a page may take to show what is waited for. */
const PAGE_TIMEOUT_MS = 20_000;

/**
 * How long real servers may take to do what is waited for, on a machine that is busy with other things: many times what
 * they take, as a limit is there to end what would never end, and for nothing else.
 */
const SERVERS_TIMEOUT_MS = 240_000;
const SERVERS_TEST_MS = 1_200_000;

/** Files at a time; vitest's own default leaves a processor free, which of two is half. */
const FILES_AT_A_TIME = Math.max(2, availableParallelism() - 1);

/** Servers wait for each other, and for themselves, half of the time; two stacks take about 8 GiB. */
const STACKS_AT_A_TIME = 2;

/** How long it may take to fetch and set up a program of many packages. */
const FETCH_TIMEOUT_MS = 600_000;

/** What `nightly` runs of tests whose seeds or kills can be any number; those of one night are not those of the next. */
const NIGHTLY_SEEDS = 10_000;
const NIGHTLY_KILLS = 100;
const MS_PER_DAY = 86_400_000;
const NIGHT = Math.floor(new Date().getTime() / MS_PER_DAY);

/**
 * Projects: `unit` and `types` are quick; `browser` and `crash` start whole Daybooks, so their files go one by one;
 * `stack`, two files at a time, `superset` and `airflow` run real servers, which they fetch when they are not in the cache;
 * `nightly` is what gets better with time, at length.
 */
export default defineConfig({
  test: {
    maxWorkers: FILES_AT_A_TIME,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'web/**/*.test.{ts,tsx}',
            'stack/**/*.test.ts',
            'test/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: ['test/{browser,crash,stack,superset,airflow}/**'],
          environment: 'node',
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: './test/types/tsconfig.json',
          },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          environment: 'node',
          expect: { poll: { timeout: PAGE_TIMEOUT_MS } },
          fileParallelism: false,
          testTimeout: SLOW_TIMEOUT_MS,
          hookTimeout: SLOW_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: SLOW_TIMEOUT_MS,
          hookTimeout: SLOW_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/stack/fetched-packages.ts'],
          setupFiles: ['test/stack/around-tests.ts'],
          expect: { poll: { timeout: SERVERS_TIMEOUT_MS } },
          maxWorkers: STACKS_AT_A_TIME,
          testTimeout: SERVERS_TEST_MS,
          hookTimeout: SERVERS_TEST_MS,
        },
      },
      {
        test: {
          name: 'airflow',
          include: ['test/airflow/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          // Airflow takes some ten seconds for a run.
          testTimeout: FETCH_TIMEOUT_MS,
          hookTimeout: FETCH_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'superset',
          include: ['test/superset/**/*.test.ts'],
          environment: 'node',
          setupFiles: ['test/stack/around-tests.ts'],
          expect: { poll: { timeout: SERVERS_TIMEOUT_MS } },
          fileParallelism: false,
          testTimeout: SERVERS_TEST_MS,
          // Superset is fetched if need be, and set up.
          hookTimeout: FETCH_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'nightly',
          include: ['test/{simulation,fuzz,crash}/**/*.test.ts'],
          environment: 'node',
          env: {
            DAYBOOK_SEEDS: process.env['DAYBOOK_SEEDS'] ?? String(NIGHTLY_SEEDS),
            DAYBOOK_FIRST_SEED: process.env['DAYBOOK_FIRST_SEED'] ?? String(NIGHT * NIGHTLY_SEEDS),
            DAYBOOK_KILLS: process.env['DAYBOOK_KILLS'] ?? String(NIGHTLY_KILLS),
          },
          fileParallelism: false,
          testTimeout: SLOW_TIMEOUT_MS,
          hookTimeout: SLOW_TIMEOUT_MS,
        },
      },
    ],
  },
});
