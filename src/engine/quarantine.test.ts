import { expect, it } from 'vitest';
import { Quarantine } from './quarantine.ts';

it('what a checkpoint is given of the quarantine stays as it was while more is refused', () => {
  const quarantine = new Quarantine();
  quarantine.add({ segment: 'a', position: 48 }, ['first']);
  const saved = quarantine.save();
  quarantine.add({ segment: 'a', position: 99 }, ['second']);
  expect(saved).toEqual({ places: [{ at: { segment: 'a', position: 48 }, index: 0 }], known: ['first'] });
  expect(new Quarantine(saved).size).toBe(1);
});
