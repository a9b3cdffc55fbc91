import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const BYTES_MAX = 32 * 1024 * 1024;

/**
 * Has the room for new objects grow no further than this. V8 doubles it each time as many objects have outlived a collection
 * as it holds, up to 128 MB, which any process reaches that runs for long; each page of it is touched again and again. Most
 * of what is kept here is in typed arrays, outside of it. The option of the command line that limits it
 * (`--max-semi-space-size`) is not heeded any more when a process runs; how far it grows by one step is.
 */
export function limitYoungSpace(): void {
  const collections = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (young !== undefined && young.space_size < BYTES_MAX) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    collections.disconnect();
  });
  collections.observe({ entryTypes: ['gc'] });
}
