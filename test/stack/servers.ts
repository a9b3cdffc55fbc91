import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portsOfEnvironment } from '../../stack/free-ports.ts';
import type { Size } from '../../stack/layout.ts';
import type { Part } from '../../stack/part.ts';
import type { Addresses, Stack } from '../../stack/stack.ts';
import { openStack } from '../../stack/stack.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';

const KILL_EVERY_MS = 200;

/** Where each part that was asked for is reached. */
export interface Servers<P extends Part> extends AsyncDisposable {
  readonly at: Readonly<Record<P, string>>;
  /** To kill servers and start them again; by the names of `servers()`: kafka-1, cassandra, postgres, spark-connect, … */
  readonly stack: Stack;
}

/**
 * Real servers in a folder of their own, on free ports; stopped and removed with all their data when disposed of.
 * Any number of them may run at once.
 *
 * @example
 *     await using servers = await startServers(['kafka', 'postgres']);
 *     connect(servers.at.kafka);
 *     await servers.stack.kill('postgres');
 *     await servers.stack.start('postgres');
 */
export async function startServers<P extends Part>(parts: readonly P[], size: Size = {}): Promise<Servers<P>> {
  const folder = await mkdtemp(join(tmpdir(), 'daybook-stack-'));
  // PostgreSQL runs as another user when this is root.
  await chmod(folder, 0o711);
  const stack = openStack({ folder, clock: machineClock(), ports: portsOfEnvironment(false) });
  const starting = stack.up(parts, size);
  let disposing: Promise<void> | undefined;
  const dispose = (): Promise<void> => {
    disposing ??= end(stack, starting, folder).finally(() => open.delete(dispose));
    return disposing;
  };
  open.add(dispose);
  try {
    await starting;
    return { at: whole(await stack.addresses(), parts), stack, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What disposes of the servers that are there or are being started. */
const open = new Set<() => Promise<void>>();

/**
 * Stops servers whose test has ended without disposing of them: one that took too long while they were started never got
 * them, and nobody else would know of them.
 */
export async function stopLeftServers(): Promise<void> {
  await Promise.all([...open].map((dispose) => dispose()));
}

async function end(stack: Stack, starting: Promise<void>, folder: string): Promise<void> {
  let isStarting = true;
  const settled = Promise.allSettled([starting]).then(() => (isStarting = false));
  for (;;) {
    await Promise.race([settled, machineClock().sleep(KILL_EVERY_MS)]);
    if (!isStarting) break;
    // A start gives its turn up when its servers are gone; what it begins meanwhile is killed the next time.
    for (const { pid } of await stack.servers()) if (pid !== undefined) killProcess(pid);
  }
  await stack.down();
  await rm(folder, { recursive: true, force: true });
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function whole<P extends Part>(addresses: Addresses, parts: readonly P[]): Record<P, string> {
  return Object.fromEntries(
    parts.map((part) => {
      const address = addresses[part];
      if (address === undefined) throw new Error(`${part} does not answer`);
      return [part, address];
    }),
  ) as Record<P, string>;
}
