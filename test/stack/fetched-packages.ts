import { fetchPackages } from '../../stack/cache.ts';
import { PARTS } from '../../stack/part.ts';
import { checkNeeds } from '../../stack/programs.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';

/** Before the first test, so that no test's time is spent on the network. */
export async function setup(): Promise<void> {
  let told = '';
  const onFetch = (title: string): void => {
    if (title !== told) process.stderr.write(`Fetching ${title}\n`);
    told = title;
  };
  await checkNeeds(PARTS);
  await fetchPackages(PARTS, { clock: machineClock(), onFetch });
}
