import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { portsOfEnvironment } from '../../stack/free-ports.ts';
import type { Part } from '../../stack/part.ts';
import { PARTS } from '../../stack/part.ts';
import type { Addresses, ServerStatus, Stack } from '../../stack/stack.ts';
import { defaultStackFolder, openStack } from '../../stack/stack.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { wholeNumber } from './options.ts';
import { showProgress } from './progress.ts';

interface StackFlags {
  readonly folder: string;
  readonly only: readonly Part[];
}

interface UpFlags extends StackFlags {
  readonly brokers?: number;
  readonly sparkWorkers?: number;
}

interface StatusFlags extends StackFlags {
  readonly json?: true;
}

export function addStack(program: Command): void {
  const stack = program
    .command('stack')
    .description('the real Kafka, Cassandra, PostgreSQL and Spark on this machine, for development and tests')
    .addHelpText(
      'after',
      `
They listen on this machine only, and go on when the command has ended. What they are is fetched once, into
DAYBOOK_CACHE or the user's cache folder; it takes about 750 MB. They need Java 17, Maven, Python 3 with pip, and
PostgreSQL; daybook doctor says what is missing.

Examples:
  daybook stack up
  daybook stack up --only kafka --brokers 3 --folder /tmp/three
  daybook stack status --json
  daybook stack down`,
    );
  stack
    .command('up')
    .description('start what does not run yet, and wait until each part answers')
    .addOption(onlyOption())
    .addOption(
      new Option('--brokers <number>', "Kafka's brokers; as before, or 1, unless told").argParser(wholeNumber(1, 9)),
    )
    .addOption(
      new Option(
        '--spark-workers <number>',
        'workers of a standalone Spark cluster; as before, or none, unless told',
      ).argParser(wholeNumber(0, 99)),
    )
    .addOption(folderOption())
    .action(up);
  stack
    .command('down')
    .description('stop what this started, and nothing else; the data stays')
    .addOption(onlyOption())
    .addOption(folderOption())
    .action(async (flags: StackFlags) => {
      await stackOf(flags).down(flags.only);
    });
  stack
    .command('status')
    .description('what runs, and where it is reached')
    .addOption(new Option('--json', "the addresses as JSON, PostgreSQL's with its password"))
    .addOption(onlyOption())
    .addOption(folderOption())
    .action(status);
}

function folderOption(): Option {
  return new Option('--folder <path>', "where the stack's data, settings and logs are")
    .env('DAYBOOK_STACK')
    .default(defaultStackFolder());
}

function onlyOption(): Option {
  return new Option('--only <parts>', `some parts of ${PARTS.join(', ')}, with commas between`)
    .default(PARTS, 'all of them')
    .argParser(parts);
}

function parts(text: string): readonly Part[] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const part = PARTS.find((each) => each === name);
    if (part === undefined) throw new InvalidArgumentError(`It must be some of ${PARTS.join(', ')}.`);
    return part;
  });
}

function stackOf({ folder }: StackFlags): Stack {
  const clock = machineClock();
  const progress = showProgress('Fetching', clock);
  return openStack({
    folder,
    clock,
    ports: portsOfEnvironment(true),
    onNotice: (sentence) => {
      progress.end();
      process.stderr.write(`${sentence}\n`);
    },
    onFetch: (title, elapsedMs) => progress.update(0, undefined, `${title}, ${Math.round(elapsedMs / 1000)} s`),
  });
}

async function up(flags: UpFlags): Promise<void> {
  const stack = stackOf(flags);
  const { only, brokers, sparkWorkers } = flags;
  await stack.up(only, {
    ...(brokers !== undefined && { brokers }),
    ...(sparkWorkers !== undefined && { sparkWorkers }),
  });
  print(await stack.addresses(), await stack.servers(), flags);
}

async function status(flags: StatusFlags): Promise<void> {
  const stack = stackOf(flags);
  const found = await stack.addresses();
  if (flags.json === true) {
    const some = Object.fromEntries(flags.only.flatMap((part) => (found[part] ? [[part, found[part]]] : [])));
    process.stdout.write(`${JSON.stringify(some)}\n`);
    return;
  }
  print(found, await stack.servers(), flags);
}

function print(addresses: Addresses, servers: readonly ServerStatus[], { only, folder }: StackFlags): void {
  for (const part of only) {
    const address = addresses[part];
    // A password is shown to who asks for it, by --json.
    const shown = address?.replace(/:[^:@/]+@/, '@') ?? 'does not run';
    const pids = servers.filter((each) => each.part === part && each.isRunning).map(({ pid }) => pid);
    const processes = pids.length === 0 ? '' : `  (process ${pids.join(', ')})`;
    process.stdout.write(`${part.padEnd(10)} ${shown}${processes}\n`);
  }
  process.stdout.write(`${'folder'.padEnd(10)} ${folder}\n`);
}
