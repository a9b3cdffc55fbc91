import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portsOfEnvironment } from '../../stack/free-ports.ts';
import type { Size } from '../../stack/layout.ts';
import type { Part } from '../../stack/part.ts';
import type { Addresses, Stack } from '../../stack/stack.ts';
import { openStack } from '../../stack/stack.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';

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
  const dispose = async (): Promise<void> => {
    await stack.down();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await stack.up(parts, size);
    return { at: whole(await stack.addresses(), parts), stack, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
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
