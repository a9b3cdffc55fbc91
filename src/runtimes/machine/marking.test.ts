import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('marking.ts', import.meta.url).href;

/** What V8 tells of collections in a process whose heap grows. */
function collections(before: string): string {
  const program = `${before}
    import { setImmediate as turn } from 'node:timers/promises';
    const kept = [];
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 50_000; i++) kept.push({ i });
      await turn();
    }`;
  // V8 marks before a limit of its own, which goes by what it may have at most, and is otherwise more than this heap may ever have.
  const flags = ['--trace-gc', '--max-old-space-size=480'];
  return execFileSync(process.execPath, [...flags, '--input-type=module', '-e', program], { encoding: 'utf8' });
}

it('the heap is marked at once, which it would not be by itself', () => {
  const marked = /Mark-Compact.*\(\+ [\d.]+ ms in \d+ steps/;
  expect(collections('')).toMatch(marked);
  const atOnce = collections(`import { markAtOnce } from '${MODULE}'; markAtOnce();`);
  expect(atOnce).toContain('Mark-Compact');
  expect(atOnce).not.toMatch(marked);
});
