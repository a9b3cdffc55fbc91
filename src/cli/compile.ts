import { Option } from 'commander';
import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { COMPILE } from '../runtimes/targets.ts';
import { writeFailure } from '../runtimes/write-failure.ts';
import { loadPlan } from './config.ts';
import { usageError } from './failure.ts';
import { configOption, partitionsOption, reportsUrlOption, targetOption } from './options.ts';

interface CompileFlags {
  readonly target: string;
  readonly partitions?: number;
  readonly reportsUrl: string;
  readonly out?: string;
  readonly config: string;
}

export function addCompile(program: Command): void {
  const targets = Object.keys(COMPILE);
  program
    .command('compile')
    .description('print what a part would be given: topics, tables, queries, documents')
    .addOption(targetOption(targets))
    .addOption(partitionsOption())
    .addOption(reportsUrlOption())
    .addOption(new Option('--out <file>', 'write it to a file; standard output unless told'))
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Examples:
  daybook compile --target kafka
  daybook compile --target openapi > openapi.json
  daybook compile --target superset --out daily_report.zip`,
    )
    .action(compile);
}

async function compile({ target, out, config, ...options }: CompileFlags): Promise<void> {
  const plan = await loadPlan(config);
  const compiled = COMPILE[target]?.(plan, { partitions: options.partitions, reportsUrl: options.reportsUrl }) ?? '';
  if (out !== undefined) return write(out, compiled);
  if (typeof compiled !== 'string' && process.stdout.isTTY) {
    throw usageError(`--target ${target} gives a file that is no text. Name it with --out.`);
  }
  process.stdout.write(compiled);
}

async function write(path: string, compiled: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, compiled);
  } catch (cause) {
    throw writeFailure('COMPILE_OUT', path, cause);
  }
}
