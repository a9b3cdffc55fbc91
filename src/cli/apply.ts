import { Option } from 'commander';
import type { Command } from 'commander';
import { DaybookError } from '../base/errors.ts';
import { APPLY } from '../runtimes/targets.ts';
import { loadPlan } from './config.ts';
import { usageError } from './failure.ts';
import {
  cassandraOption,
  configOption,
  dropOption,
  kafkaOption,
  partitionsOption,
  postgresOption,
  reportsUrlOption,
  targetOption,
} from './options.ts';

interface ApplyFlags {
  readonly target: string;
  readonly kafka?: string;
  readonly postgres?: string;
  readonly cassandra?: string;
  readonly partitions?: number;
  readonly drop: readonly string[];
  readonly url?: string;
  readonly user?: string;
  readonly reportsUrl: string;
  readonly config: string;
}

export function addApply(program: Command): void {
  const targets = Object.keys(APPLY);
  program
    .command('apply')
    .description('give a part what it needs; again, it changes nothing; refuses what would lose data')
    .addOption(targetOption(targets))
    .addOption(kafkaOption())
    .addOption(partitionsOption())
    .addOption(postgresOption())
    .addOption(cassandraOption())
    .addOption(dropOption())
    .addOption(new Option('--url <url>', "Superset's address").env('DAYBOOK_SUPERSET_URL'))
    .addOption(new Option('--user <name>', 'who imports into Superset; an administrator').env('DAYBOOK_SUPERSET_USER'))
    .addOption(reportsUrlOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      `
TLS, users and passwords are read from the environment, or files that it names: DAYBOOK_KAFKA_TLS, _CA_FILE, _CERT_FILE,
_KEY_FILE, _SASL (plain, scram-sha-256, scram-sha-512), _USER, _PASSWORD or _PASSWORD_FILE; DAYBOOK_POSTGRES_TLS, _CA_FILE,
_CERT_FILE, _KEY_FILE, _USER, _PASSWORD or _PASSWORD_FILE; DAYBOOK_CASSANDRA_… likewise, and _DATA_CENTER;
DAYBOOK_SUPERSET_PASSWORD or _PASSWORD_FILE, and for the user
whom --reports-url names DAYBOOK_REPORTS_PASSWORD or _PASSWORD_FILE.

Examples:
  daybook apply --target kafka --kafka 127.0.0.1:9092 --partitions 12
  daybook apply --target postgres --postgres 127.0.0.1:5432/daybook
  daybook apply --target superset --url http://127.0.0.1:8088 --user admin`,
    )
    .action(apply);
}

async function apply(flags: ApplyFlags): Promise<void> {
  const { target, partitions, drop, user, reportsUrl } = flags;
  const address = addressOf(flags);
  const plan = await loadPlan(flags.config);
  const applied = await APPLY[target]?.(plan, { address, partitions, drop, user, reportsUrl });
  if (applied === undefined) return;
  if (applied.refusals.length > 0) {
    const message = `Nothing was changed, as it would lose data:\n${applied.refusals.map((each) => `  ${each}.`).join('\n')}`;
    throw new DaybookError('APPLY_REFUSED', message, { details: { refusals: applied.refusals } });
  }
  const lines = applied.notes.length === 0 ? ['All of it was there.'] : applied.notes.map((note) => `${note}.`);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function addressOf({ target, kafka, postgres, cassandra, url }: ApplyFlags): string {
  const addresses: Readonly<Record<string, string | undefined>> = { kafka, postgres, cassandra, superset: url };
  const address = addresses[target];
  if (address === undefined) {
    throw usageError(`--target ${target} needs ${target === 'superset' ? '--url' : `--${target}`}: where it is.`);
  }
  return address;
}
