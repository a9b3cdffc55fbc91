import { Command } from 'commander';
import { expect, it } from 'vitest';
import { requireDaysInOrder, stateOption } from './options.ts';

it('takes a range of days, or an end of one, and refuses one that ends before it begins', () => {
  for (const range of [{}, { from: '2026-03-02' }, { to: '2026-03-01' }, { from: '2026-03-01', to: '2026-03-01' }]) {
    expect(() => requireDaysInOrder(range)).not.toThrow();
  }
  expect(() => requireDaysInOrder({ from: '2026-03-02', to: '2026-03-01' })).toThrow(
    '--from 2026-03-02 is after --to 2026-03-01.',
  );
});

it('takes no budget of the state in which more keys would be in memory than can be', () => {
  const parsed = (megabytes: string): unknown => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    return command.addOption(stateOption()).parse(['--state-mb', megabytes], { from: 'user' }).opts()['stateMb'];
  };
  expect([parsed('0.01'), parsed('5000')]).toEqual([0.01, 5000]);
  expect(() => parsed('5001')).toThrow('It must be a number from 0.01 to 5000.');
});
