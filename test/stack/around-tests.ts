import { afterAll, beforeEach } from 'vitest';
import { toldOfProcesses } from './processes.ts';
import { stopLeftServers } from './servers.ts';

/** Servers are killed, or stopped within 20 s each. */
const STOP_MS_MAX = 120_000;

// Before the hooks of a file, so it runs after them.
afterAll(stopLeftServers, STOP_MS_MAX);

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => console.error(toldOfProcesses()));
});
