import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Help } from 'commander';
import type { HelpConfiguration, Option } from 'commander';
import { limitYoungSpace } from '../runtimes/machine/young-space.ts';
import { FAILED, VERIFY_FAILED, printFailure } from './failure.ts';
import { endWhenInterrupted } from './interruption.ts';
import { outliveOutput, outputWritten } from './output.ts';

type AddCommand = (program: Command) => void;

/** In the order in which the help lists them. A command's modules are loaded when it is the one that is wanted. */
const COMMANDS: Readonly<Record<string, (words: readonly string[]) => Promise<AddCommand>>> = {
  start: async () => (await import('./start.ts')).addStart,
  generate: async () => (await import('./generate.ts')).addGenerate,
  import: async (words) => {
    const { areWorthScanThread, startScanThread } = await import('../runtimes/scan-thread.ts');
    // The thread that reads the records comes up while the rest is loaded. Words that are no files do no harm.
    if (areWorthScanThread(words)) startScanThread();
    return (await import('./import.ts')).addImport;
  },
  report: async () => (await import('./report.ts')).addReport,
  query: async () => (await import('./query.ts')).addQuery,
  explain: async () => (await import('./explain.ts')).addExplain,
  export: async () => (await import('./export.ts')).addExport,
  verify: async () => (await import('./verify.ts')).addVerify,
  compile: async () => (await import('./compile.ts')).addCompile,
  apply: async () => (await import('./apply.ts')).addApply,
  stack: async () => (await import('./stack.ts')).addStack,
  spark: async () => (await import('./spark.ts')).addSpark,
  migrate: async () => (await import('./migrate.ts')).addMigrate,
  sink: async () => (await import('./sink.ts')).addSink,
  serve: async () => (await import('./serve.ts')).addServe,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
};

/** Says also which options a command cannot do without. Commands take it over from the program. */
const HELP: HelpConfiguration = {
  optionDescription: (option: Option): string => {
    const text = new Help().optionDescription(option);
    return option.mandatory ? `${text} (required)` : text;
  },
};

/**
 * Runs the command that the arguments name, and ends the process with its exit code.
 * @param argv  as `process.argv` is: the program, its file, and what the user wrote
 */
export async function runDaybook(argv: readonly string[]): Promise<void> {
  outliveOutput(argv[2] === 'verify' ? VERIFY_FAILED : FAILED);
  endWhenInterrupted();
  dropEmptySettings(process.env);
  limitYoungSpace();
  try {
    const program = await programFor(argv[2], argv.slice(3));
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = printFailure(error);
  }
  await outputWritten();
  // All that was begun has ended. Without this, Node gives back the memory object by object, and connections that a driver
  // forgot, as Cassandra's does when the cluster was away, keep the process.
  process.exit();
}

/** An empty setting is none, whoever reads it: a Compose file or a unit of systemd has no other way to leave one out. */
function dropEmptySettings(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('DAYBOOK_') && value === '') Reflect.deleteProperty(environment, name);
  }
}

/**
 * The program with the one command, or with all of them when the user names none.
 * @param words  what stands behind the command
 */
async function programFor(name: string | undefined, words: readonly string[]): Promise<Command> {
  const program = new Command('daybook')
    .description('Turns a stream of sales into exact, live daily reports.')
    .version(version())
    .addHelpText(
      'after',
      `
Exit code 0: done, or ended as it was told (start, serve, sink, spark run); 1: it failed or was interrupted, or found what its
own help names, such as rows that differ; 2: the call or the definition is wrong; 130 or 143: ended at once, by a second signal.`,
    )
    .configureHelp(HELP)
    .showHelpAfterError('(daybook --help says what there is; daybook <command> --help says more)')
    .exitOverride();
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const load of named === undefined ? Object.values(COMMANDS) : [named]) (await load(words))(program);
  return program;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
