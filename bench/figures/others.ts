import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attemptWithRows, contest, daybookImport } from '../contest.ts';
import type { BenchContext, Figure, Outcome } from '../figure.ts';
import { measureProcess } from '../measure-process.ts';
import { salesFile } from '../sales-file.ts';

const RIVALS = join(import.meta.dirname, '../rivals');

/** Something else that keeps reports, from Python's packages. */
interface PythonRival {
  readonly name: string;
  readonly title: string;
  readonly method: string;
  readonly script: string;
  readonly package: string;
  readonly note: string;
}

const PYTHON_RIVALS: readonly PythonRival[] = [
  {
    name: 'clickhouse',
    title: 'Beside ClickHouse',
    method:
      'A process of its own with `chdb`, which is ClickHouse as a library: the file by `file(…, JSONEachRow)` into a table ' +
      'in memory, rows numbered in order, later ones of equal keys left out, three tables by `group by` with `uniqExact`; ' +
      '2 threads. Money goes through floats, rounded to millionths once.',
    script: 'clickhouse.py',
    package: 'chdb',
    note: '2 threads, in memory',
  },
  {
    name: 'bytewax',
    title: 'Beside Bytewax',
    method:
      'A Python dataflow with 2 workers in a process of its own: the first of equal keys by sets of keys, the reports in ' +
      'dicts by business day; nothing is written to the disk.',
    script: 'bytewax_reports.py',
    package: 'bytewax',
    note: '2 workers, in memory',
  },
  {
    name: 'spark',
    title: 'Beside Spark Structured Streaming',
    method:
      '`local[2]`, 2 GB for the driver, 2 shuffle partitions, in a process of its own: `dropDuplicates`, one query with ' +
      'GROUPING SETS for the three reports, exact counts by `collect_set`, output mode update, the whole file as one ' +
      'micro-batch, with its checkpoint. From the start of the process, about 5 seconds of which are the start of the JVM.',
    script: 'spark.py',
    package: 'pyspark',
    note: '2 threads, with a checkpoint',
  },
];

/** A figure each, as not everybody has all of them installed. */
export const others: readonly Figure[] = PYTHON_RIVALS.map((rival) => ({
  name: rival.name,
  title: rival.title,
  method: `The file, the clock and the comparison of all rows are those of the throughput. ${rival.method}`,
  run: (context) => runBeside(context, rival),
}));

async function runBeside(context: BenchContext, rival: PythonRival): Promise<Outcome> {
  const python = process.env['DAYBOOK_BENCH_PYTHON'] ?? join(context.keepFolder, 'venv/bin/python');
  const version = await versionOf(python, rival.package);
  if (version === undefined) {
    const note = `skipped, as ${rival.package} is not installed: bench/README.md says how`;
    return { lines: [{ what: rival.title.replace('Beside ', ''), unit: 'records/s', values: [], note }], versions: {} };
  }
  const sales = await salesFile(context.keepFolder, context.say);
  const right = await sales.rows();
  const lines = await contest(context, sales, [
    daybookImport(context, sales, right),
    {
      what: rival.title.replace('Beside ', ''),
      note: rival.note,
      attempt: () =>
        attemptWithRows(context, right, python, (rows) => ['-B', join(RIVALS, rival.script), sales.path, rows]),
    },
  ]);
  return { lines, versions: { [rival.package]: version } };
}

/** The version of a package that is installed; undefined when it, or Python, is not. */
async function versionOf(python: string, packageName: string): Promise<string | undefined> {
  if (!existsSync(python)) return undefined;
  const program = `from importlib import metadata, util\nif util.find_spec('${packageName}'): print(metadata.version('${packageName}'))`;
  const { stdout } = await measureProcess(python, ['-c', program]);
  return stdout[0];
}
