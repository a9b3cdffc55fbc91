import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { isIPv6 } from 'node:net';
import { parseDay } from '../base/calendar.ts';
import { usageError } from './failure.ts';

/**
 * What several commands take. A flag goes before its environment variable, and that before the default.
 */
export function dataOption(): Option {
  return new Option('--data <folder>', 'the data folder').env('DAYBOOK_DATA').default('.daybook');
}

/** Another Daybook than the one of a data folder of this machine. */
export function urlOption(): Option {
  return new Option('--url <url>', 'the Daybook that serves there, in place of a data folder').argParser(webAddress);
}

/**
 * Settings of the environment give way to a flag, so that only two flags can contradict each other.
 * @throws DaybookError `USAGE` when a folder and an address are given
 */
export function requireOneDaybook(command: Command): void {
  if (!isGiven(command, 'data') || !isGiven(command, 'url')) return;
  const { data, url } = command.opts<{ readonly data: string; readonly url: string }>();
  throw usageError(`--data ${data} and --url ${url} name two Daybooks. Leave one of them out.`);
}

/** Whether an option stands in the call itself. */
export function isGiven(command: Command, option: string): boolean {
  return command.getOptionValueSource(option) === 'cli';
}

export function configOption(): Option {
  return new Option('--config <file>', 'the definition').env('DAYBOOK_CONFIG').default('daybook.config.ts');
}

/**
 * Keys leave memory when the state passes its budget. The memory of their slots ends at some 290 million, at 30 bytes a key: with
 * no larger budget than this, they leave before it is full, also when a start loads those that were just leaving with the others.
 */
const STATE_MB_MAX = 5_000;

export function stateOption(): Option {
  return new Option('--state-mb <number>', 'about what the state may hold of memory; beyond it keys leave for the disk')
    .env('DAYBOOK_STATE_MB')
    .default(512)
    .argParser(numberIn(0.01, STATE_MB_MAX));
}

/** The bytes of a `--state-mb`. */
export function stateBytes(stateMb: number): number {
  return Math.floor(stateMb * 1024 * 1024);
}

export function fromOption(): Option {
  return new Option('--from <day>', 'the first business day, YYYY-MM-DD').argParser(day);
}

export function toOption(): Option {
  return new Option('--to <day>', 'the last business day, YYYY-MM-DD; it counts').argParser(day);
}

/** @throws DaybookError `USAGE` when `--from` is after `--to`: no day is between them, and no rows would look like no sales */
export function requireDaysInOrder({
  from,
  to,
}: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}): void {
  if (from !== undefined && to !== undefined && from > to) throw usageError(`--from ${from} is after --to ${to}.`);
}

export function portOption(description = 'the port to serve at; 0 takes a free one'): Option {
  return new Option('--port <number>', description).env('DAYBOOK_PORT').default(4000).argParser(wholeNumber(0, 65_535));
}

export function hostOption(
  description = 'the address to serve at; there is no login, so whoever reaches it may read and post',
): Option {
  return new Option('--host <address>', description).env('DAYBOOK_HOST').default('127.0.0.1');
}

export function allowHostOption(): Option {
  return new Option(
    '--allow-host <name>',
    'a name or address besides its own that it is called by, such as a proxy’s; may be repeated',
  )
    .env('DAYBOOK_ALLOW_HOST')
    .default([], 'none')
    .argParser(hostNames);
}

export function kafkaOption(): Option {
  return new Option('--kafka <host:port>', "Kafka's brokers, several with commas between").env('DAYBOOK_KAFKA');
}

export function postgresOption(): Option {
  return new Option('--postgres <host:port/database>', 'where PostgreSQL is; passwords come from the environment').env(
    'DAYBOOK_POSTGRES',
  );
}

export function cassandraOption(): Option {
  return new Option('--cassandra <host:port>', "Cassandra's nodes, several with commas between").env(
    'DAYBOOK_CASSANDRA',
  );
}

/** What a process logs that runs until it is told to end. */
export function logLevelOption(otherwise: string): Option {
  return new Option('--log-level <level>', 'what is logged, as JSON lines on standard error')
    .env('DAYBOOK_LOG_LEVEL')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default(otherwise);
}

/** What `apply` may take away. */
export function dropOption(): Option {
  return new Option(
    '--drop <table>',
    'take away a table with its figures, or a column as table.column; may be repeated',
  )
    .default([], 'none')
    .argParser((text: string, before: readonly string[]) => [...before, text]);
}

export function partitionsOption(): Option {
  return new Option(
    '--partitions <number>',
    "partitions of the stream's topic, and of the reports' when they are made; as they are, or 6, unless told",
  ).argParser(wholeNumber(1, 10_000));
}

export function reportsUrlOption(): Option {
  return new Option('--reports-url <url>', 'how Superset reaches the reports, without the password')
    .env('DAYBOOK_REPORTS_URL')
    .default('postgres://superset@127.0.0.1:5432/daybook');
}

/** @param targets  the names that it may be */
export function targetOption(targets: readonly string[]): Option {
  return new Option('--target <part>', 'which part').choices([...targets]).makeOptionMandatory();
}

/** Adds a name, or several with commas between, to those before. */
function hostNames(text: string, before: readonly string[]): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => !/^[\w.-]+$/.test(name) && !isIPv6(name))) {
    throw new InvalidArgumentError(
      'It must be a name or address such as daybook.example or 192.168.1.5, without http:// and without a port.',
    );
  }
  return [...before, ...names];
}

function webAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:4000.');
}

const NO = ['0', 'false', 'no', 'off'];
const YES = ['1', 'true', 'yes', 'on'];

/**
 * A flag without a value, which a variable of the environment may set as well, or leave as it is by `false` or `0`.
 * @throws DaybookError `USAGE` when the variable says neither
 */
export function switchOption(flag: string, description: string, variable: string): Option {
  const said = process.env[variable]?.toLowerCase();
  // Commander takes any value for yes.
  if (said !== undefined && NO.includes(said)) Reflect.deleteProperty(process.env, variable);
  else if (said !== undefined && !YES.includes(said)) {
    throw usageError(`${variable} is '${process.env[variable]}'; it must be ${[...YES, ...NO].join(', ')}.`);
  }
  return new Option(flag, description).env(variable);
}

/** Reads a day that exists. */
export function day(text: string): string {
  if (parseDay(text) === undefined) throw new InvalidArgumentError('It must be a day that exists, as YYYY-MM-DD.');
  return text;
}

/** A reader of whole numbers in a range, both ends included. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** A reader of numbers in a range, both ends included. */
export function numberIn(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  };
}
