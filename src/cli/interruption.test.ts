import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** A command whose modules are still being loaded, without a pause in which the signal would be told, as it takes signals over. */
const command = (name: string): string => `
  import { endWhenInterrupted, interruption } from ${JSON.stringify(import.meta.resolve('./interruption.ts'))};
  endWhenInterrupted();
  process.kill(process.pid, '${name}');
  const interrupted = interruption({ nowMs: () => 0 });
  const giveUp = setTimeout(() => process.exit(7), 10_000);
  interrupted.addEventListener('abort', () => clearTimeout(giveUp));
`;

it.each(['SIGINT', 'SIGTERM'])('%s that comes while a command is being loaded interrupts it', (name) => {
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', command(name)], { encoding: 'utf8' });
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
});
