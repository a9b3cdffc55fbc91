import { existsSync } from 'node:fs';
import { DaybookError } from '../src/base/errors.ts';
import type { Clock } from '../src/ports/clock.ts';
import { portsOfEnvironment } from './free-ports.ts';
import type { ServerHealth } from './stack.ts';
import { openStack } from './stack.ts';

/** What is found of one server, or of the stack; nobody needs one, so nothing is worse than a warning. */
export interface StackFinding {
  readonly check: string;
  readonly state: 'ok' | 'warning';
  readonly text: string;
}

/** Looks whether the servers of the stack in a folder answer; changes nothing. */
export async function diagnoseStack(folder: string, clock: Clock): Promise<readonly StackFinding[]> {
  const none = `there is none in ${folder}; daybook stack up makes one`;
  if (!existsSync(folder)) return [{ check: 'stack', state: 'ok', text: none }];
  try {
    const servers = await openStack({ folder, clock, ports: portsOfEnvironment(true) }).health();
    return servers.length === 0 ? [{ check: 'stack', state: 'ok', text: none }] : servers.map(findingOf);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `${folder} cannot be read: ${reason}. Run this as the user who started the stack.`;
    return [{ check: 'stack', state: 'warning', text: error instanceof DaybookError ? error.message : text }];
  }
}

function findingOf({ name, port, pid, state, logFile }: ServerHealth): StackFinding {
  const check = `stack, ${name}`;
  const at = `127.0.0.1:${port}`;
  switch (state) {
    case 'answers':
      return { check, state: 'ok', text: `answers at ${at}` };
    case 'at rest':
      return { check, state: 'ok', text: 'does not run; daybook stack up starts it' };
    case 'silent':
      return {
        check,
        state: 'warning',
        text: `process ${pid} runs but does not answer at ${at}. ${logFile} may say why`,
      };
    case 'ended':
      return {
        check,
        state: 'warning',
        text: `has ended, and nobody told it to; ${logFile} may say why. Start it: daybook stack up`,
      };
  }
}
