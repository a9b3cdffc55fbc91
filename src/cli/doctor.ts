import { join } from 'node:path';
import type { Command } from 'commander';
import { DaybookError } from '../base/errors.ts';
import { diagnoseStack } from '../../stack/diagnose.ts';
import { NEEDS } from '../../stack/programs.ts';
import { defaultStackFolder } from '../../stack/stack.ts';
import type { Finding } from '../runtimes/diagnose.ts';
import { diagnose } from '../runtimes/diagnose.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { repairDataFolder } from '../runtimes/repair.ts';
import { loadPlan } from './config.ts';
import { configOption, dataOption, hostOption, portOption } from './options.ts';

const PAGES = join(import.meta.dirname, '../../web/dist');

interface DoctorFlags {
  readonly data: string;
  readonly config: string;
  readonly host: string;
  readonly port: number;
  readonly repair?: true;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('say what is missing or wrong, and what to do')
    .option('--repair', 'mend a damaged log first: damaged bytes are set aside, and what was lost is said')
    .addOption(dataOption())
    .addOption(configOption())
    .addOption(portOption('the port that is to be served at, and so should be free'))
    .addOption(hostOption('the address of that port'))
    .addHelpText(
      'after',
      `
It also looks at the servers of daybook stack on this machine, in the folder that DAYBOOK_STACK names or the usual one.
Exit code 0: no problem, though there may be warnings; 1: there is a problem.

Examples:
  daybook doctor
  daybook doctor --data ../my-shop --repair`,
    )
    .action(doctor);
}

async function doctor(flags: DoctorFlags): Promise<void> {
  if (flags.repair === true) {
    const losses = await repairDataFolder(flags.data);
    const lines = losses.length === 0 ? ['The log is sound; there was nothing to repair.'] : losses;
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
  let problems = 0;
  const print = ({ check, state, text }: Finding): void => {
    if (state === 'problem') problems++;
    process.stdout.write(`${state.padEnd(7)}  ${check}: ${text}\n`);
  };
  print(await definition(flags.config));
  const { data, host, port } = flags;
  for await (const finding of diagnose({ root: data, host, port, clock: machineClock(), pages: PAGES })) {
    print(finding);
  }
  for (const need of NEEDS) {
    const path = await need.find();
    const check = `stack, ${need.what}`;
    // All but daybook stack does without.
    print(path === undefined ? { check, state: 'warning', text: need.advice } : { check, state: 'ok', text: path });
  }
  for (const { check, state, text } of await diagnoseStack(defaultStackFolder(), machineClock())) {
    print({ check, state, text });
  }
  process.exitCode = problems === 0 ? 0 : 1;
}

async function definition(path: string): Promise<Finding> {
  const check = 'definition';
  try {
    const plan = await loadPlan(path);
    return { check, state: 'ok', text: `${path} defines ${plan.reports.map((report) => report.name).join(', ')}` };
  } catch (error) {
    if (!(error instanceof DaybookError)) throw error;
    return { check, state: 'problem', text: `${error.message} (${error.code})` };
  }
}
