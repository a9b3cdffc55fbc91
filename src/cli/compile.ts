import type { Command } from 'commander';
import { COMPILE } from '../runtimes/targets.ts';
import { loadPlan } from './config.ts';
import { configOption, partitionsOption, targetOption } from './options.ts';

interface CompileFlags {
  readonly target: string;
  readonly partitions?: number;
  readonly config: string;
}

export function addCompile(program: Command): void {
  const targets = Object.keys(COMPILE);
  program
    .command('compile')
    .description('print what a part would be given: topics, tables, queries, documents')
    .addOption(targetOption(targets))
    .addOption(partitionsOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Examples:
  daybook compile --target kafka
  daybook compile --target openapi > openapi.json`,
    )
    .action(compile);
}

async function compile({ target, partitions, config }: CompileFlags): Promise<void> {
  const plan = await loadPlan(config);
  process.stdout.write(COMPILE[target]?.(plan, { partitions }) ?? '');
}
