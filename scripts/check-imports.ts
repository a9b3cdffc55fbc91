/**
 * Applies the law of imports (.dependency-cruiser.mjs) and proves that it bites: with a TypeScript that it cannot use,
 * dependency-cruiser sees no module and passes, so it must have seen modules, and must refuse what is planted.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
const MODULES_MIN = 60;

const Cruise = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(
      z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string(), severity: z.string() }) }),
    ),
  }),
});
type Cruised = z.infer<typeof Cruise>['summary'];

/** An import that the law forbids, and the rule that must say so. */
interface Planted {
  readonly file: string;
  readonly imports: string;
  readonly rule: string;
}

const PLANTED: readonly Planted[] = [
  { file: 'src/base/a.ts', imports: '../engine/target.ts', rule: 'from-base' },
  { file: 'src/base/b.ts', imports: 'node:fs', rule: 'pure-base' },
  { file: 'src/definition/a.ts', imports: '../plan/target.ts', rule: 'from-definition' },
  { file: 'src/plan/a.ts', imports: 'fastify', rule: 'pure-plan' },
  { file: 'src/ports/a.ts', imports: '../engine/target.ts', rule: 'from-ports' },
  { file: 'src/engine/a.ts', imports: '../server/target.ts', rule: 'from-engine' },
  { file: 'src/log/a.ts', imports: '../record/target.ts', rule: 'from-log' },
  { file: 'src/compile/kafka/a.ts', imports: '../spark/target.ts', rule: 'from-compile' },
  { file: 'src/sources/http/a.ts', imports: '../files/target.ts', rule: 'from-adapters' },
  { file: 'src/stores/parquet/a.ts', imports: '../../engine/target.ts', rule: 'from-adapters' },
  { file: 'src/server/a.ts', imports: '../engine/target.ts', rule: 'from-server' },
  { file: 'src/cli/a.ts', imports: '../engine/target.ts', rule: 'from-cli' },
  { file: 'src/runtimes/a.ts', imports: '../cli/target.ts', rule: 'nothing-to-cli' },
  { file: 'src/runtimes/machine/a.ts', imports: '../../engine/target.ts', rule: 'from-machine' },
  { file: 'stack/a.ts', imports: '../src/engine/target.ts', rule: 'from-stack' },
  { file: 'web/api/a.ts', imports: '../../src/engine/target.ts', rule: 'web-shares-types-only' },
  { file: 'web/api/b.ts', imports: '../../src/definition/target.ts', rule: 'web-takes-no-code' },
  { file: 'test/oracle/a.ts', imports: '../../src/base/target.ts', rule: 'oracle-shares-no-code' },
  { file: 'src/engine/b.ts', imports: '../../test/oracle/target.ts', rule: 'code-needs-no-tests' },
];

function cruise(folder: string, paths: readonly string[]): Cruised {
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      join(root, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
      ...paths,
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (run.error !== undefined || run.stdout === '') {
    throw new Error(`dependency-cruiser did not run in ${folder}: ${run.stderr}`, { cause: run.error });
  }
  return Cruise.parse(JSON.parse(run.stdout)).summary;
}

function checkProject(): readonly string[] {
  const { totalCruised, violations } = cruise(root, [
    'src',
    'web',
    'stack',
    'test',
    'bench',
    'scripts',
    'daybook.config.ts',
  ]);
  process.stdout.write(`imports: ${totalCruised} modules, ${violations.length} against the law\n`);
  return [
    ...(totalCruised < MODULES_MIN ? [`only ${totalCruised} modules were seen, of at least ${MODULES_MIN}`] : []),
    ...violations.map(({ rule, from, to }) => `${rule.name}: ${from} imports ${to}`),
  ];
}

function checkPlanted(): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-imports-'));
  try {
    for (const { file, imports } of PLANTED) {
      write(join(folder, file), `import { target } from '${imports}';\nexport const used = target;\n`);
      if (imports.startsWith('.')) write(join(folder, dirname(file), imports), 'export const target = 1;\n');
    }
    const { violations } = cruise(folder, ['src', 'web', 'stack', 'test']);
    return PLANTED.filter(
      ({ file, rule }) => !violations.some((each) => each.from === file && each.rule.name === rule),
    ).map(({ file, imports, rule }) => `planted and not refused by ${rule}: ${file} importing ${imports}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const mistakes = [...checkProject(), ...checkPlanted()];
for (const mistake of mistakes) process.stderr.write(`${mistake}\n`);
process.exitCode = mistakes.length === 0 ? 0 : 1;
