import { afterAll, beforeEach } from 'vitest';
import { toldOfProcesses } from './processes.ts';
import { stopLeftServers } from './servers.ts';

/** Servers are killed, or stopped within 20 s each. */
const STOP_MS_MAX = 120_000;

/**
 * Servers of tests live for a minute or two, and most of what Java's second compiler does then is never repaid: with the first
 * one alone they start at half the cost. What they do stays the same.
 */
process.env['JAVA_TOOL_OPTIONS'] ??= '-XX:TieredStopAtLevel=1';

// Before the hooks of a file, so it runs after them.
afterAll(stopLeftServers, STOP_MS_MAX);

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => console.error(toldOfProcesses()));
});
