/** `npm run bench -- [name…] [--runs 5] [--full]` measures all figures, or those named, and prints one table. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchContext, Figure, Line } from './figure.ts';
import { freshness } from './figures/freshness.ts';
import { growth } from './figures/growth.ts';
import { ingest } from './figures/ingest.ts';
import { order } from './figures/order.ts';
import { others } from './figures/others.ts';
import { pages } from './figures/pages.ts';
import { sinks } from './figures/sinks.ts';
import { sparkFreshness } from './figures/spark-freshness.ts';
import { sparkQuery } from './figures/spark-query.ts';
import { stackFreshness } from './figures/stack-freshness.ts';
import { throughput } from './figures/throughput.ts';
import type { Circumstances } from './results-file.ts';
import { writeResult } from './results-file.ts';
import { cellsOf, terminalTable } from './table.ts';

const ROOT = resolve(import.meta.dirname, '..');
const RESULTS = join(import.meta.dirname, 'RESULTS.md');
const FIGURES: readonly Figure[] = [
  throughput,
  ingest,
  freshness,
  pages,
  growth,
  order,
  sinks,
  stackFreshness,
  ...others,
  sparkQuery,
  sparkFreshness,
];
const RUNS_DEFAULT = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: String(RUNS_DEFAULT) }, full: { type: 'boolean', default: false } },
});

function wantedFigures(): readonly Figure[] {
  const unknown = positionals.find((name) => !FIGURES.some((figure) => figure.name === name));
  const runs = Number(values.runs);
  if (unknown === undefined && Number.isInteger(runs) && runs >= 1) {
    return FIGURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  }
  process.stderr.write(
    (unknown === undefined
      ? `--runs is '${values.runs}'; it must be 1 or more.\n`
      : `There is no figure '${unknown}'.\n`) +
      `npm run bench -- [name…] [--runs ${RUNS_DEFAULT}] [--full]; the figures:\n` +
      FIGURES.map(({ name, title }) => `  ${name.padEnd(12)} ${title}\n`).join(''),
  );
  process.exit(2);
}

async function circumstances(folder: string): Promise<Circumstances> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  return {
    command: ['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, ''),
    runs: Number(values.runs),
    date: new Date().toISOString().slice(0, 10),
    versions: { Daybook: `${manifest.version} (${commit()})`, 'Node.js': process.version.slice(1) },
    folder,
  };
}

/** What was measured: the commit, and whether the code was changed since. */
function commit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changes = git('status', '--porcelain', '--', 'src', 'daybook.config.ts', 'package-lock.json');
    return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : ' and changes'}`;
  } catch {
    return 'of no known commit';
  }
}

async function measure(figures: readonly Figure[]): Promise<void> {
  const keepFolder = join(tmpdir(), 'daybook-bench');
  await mkdir(keepFolder, { recursive: true });
  const scratchFolder = await mkdtemp(join(keepFolder, 'scratch-'));
  process.once('SIGINT', () => {
    rmSync(scratchFolder, { recursive: true, force: true });
    process.exit(130);
  });
  const context: BenchContext = {
    runs: Number(values.runs),
    full: values.full,
    keepFolder,
    scratchFolder,
    say: (sentence) => void process.stderr.write(`${sentence}\n`),
  };
  try {
    const under = await circumstances(scratchFolder);
    const rows: (readonly string[])[] = [];
    for (const figure of figures) {
      const lines = await measureFigure(figure, context, under);
      rows.push(...lines.map((line) => [figure.name, ...cellsOf(line)]));
    }
    process.stdout.write(terminalTable(rows));
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/** Measures a figure and writes it down; one that fails does not keep the others from being measured. */
async function measureFigure(figure: Figure, context: BenchContext, under: Circumstances): Promise<readonly Line[]> {
  context.say(`${figure.name}: ${figure.title}`);
  try {
    const outcome = await figure.run(context);
    const isMeasured = outcome.lines.some((line) => line.values.length > 0);
    if (isMeasured) await writeResult(RESULTS, FIGURES, figure, outcome, under);
    return outcome.lines;
  } catch (error) {
    process.exitCode = 1;
    context.say(error instanceof Error ? error.message : String(error));
    return [{ what: figure.title, unit: 'ms', values: [], note: 'failed, see above' }];
  }
}

await measure(wantedFigures());
