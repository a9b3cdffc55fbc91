#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addDoctor } from './doctor.ts';
import { addExport } from './export.ts';
import { failureOf } from './failure.ts';
import { addGenerate } from './generate.ts';
import { addImport } from './import.ts';
import { addReport } from './report.ts';
import { addStart } from './start.ts';

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

function daybook(): Command {
  const program = new Command('daybook')
    .description('Turns a stream of sales into exact, live daily reports.')
    .version(version())
    .showHelpAfterError('(daybook --help says what there is; daybook <command> --help says more)')
    .exitOverride();
  for (const add of [addStart, addGenerate, addImport, addReport, addExport, addDoctor]) add(program);
  return program;
}

// Whoever reads the output may stop reading: `daybook report … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await daybook().parseAsync();
} catch (error) {
  const { lines, exitCode } = failureOf(error, process.env['DAYBOOK_DEBUG'] === '1');
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}
