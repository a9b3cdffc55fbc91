import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DaybookError } from '../src/base/errors.ts';
import type { FreePorts } from './free-ports.ts';
import type { Part } from './part.ts';

/** Where clients of such servers usually look; taken when they are free. */
const USUAL_PORTS = { kafka: 9092, cassandra: 9042, postgres: 5432, spark: 15_002 } as const;
const CLUSTER_ID_BYTES = 16;
const STATE_FILE = 'stack.json';

const Port = z.number().int();
const Layout = z.object({
  clusterId: z.string(),
  kafka: z.object({ brokers: z.array(z.object({ id: z.number(), port: Port, controllerPort: Port })) }).optional(),
  cassandra: z.object({ port: Port, storagePort: Port, sslStoragePort: Port }).optional(),
  postgres: z.object({ port: Port }).optional(),
  spark: z
    .object({ port: Port, cluster: z.object({ masterPort: Port, workerPorts: z.array(Port) }).optional() })
    .optional(),
});
const State = Layout.extend({
  processes: z.record(z.string(), z.object({ pid: z.number(), began: z.string(), isReady: z.boolean() })),
});

/** Which servers a stack is made of, and where they listen. A part that was never started is not there. */
export type Layout = Readonly<z.infer<typeof Layout>>;

/** What a stack's folder says of it: its layout, and the processes that were started and not stopped, by server. */
export type State = Readonly<z.infer<typeof State>>;

/** How many servers some parts have. */
export interface Size {
  /** Kafka's brokers; as before, or 1. */
  readonly brokers?: number;
  /** Workers of a standalone Spark cluster, 0 for none; as before, or none. */
  readonly sparkWorkers?: number;
}

/** Reads a stack's state. @throws DaybookError `STACK_STATE` when it is not one */
export async function readState(folder: string): Promise<State> {
  const path = join(folder, STATE_FILE);
  if (!existsSync(path)) return { clusterId: randomBytes(CLUSTER_ID_BYTES).toString('base64url'), processes: {} };
  try {
    return State.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const message = `${path} does not describe a stack. Choose another folder with --folder, or remove that file and stop the servers that it named by hand.`;
    throw new DaybookError('STACK_STATE', message, { details: { path }, cause });
  }
}

/** Replaces a stack's state; a reader sees the whole of it, or of the one before. */
export async function writeState(folder: string, state: State): Promise<void> {
  const path = join(folder, STATE_FILE);
  await writeFile(`${path}.tmp`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${path}.tmp`, path);
}

/** The ports of a part, so that nobody else is given them. */
export function portsOf(part: Part, layout: Layout): readonly number[] {
  switch (part) {
    case 'kafka':
      return (layout.kafka?.brokers ?? []).flatMap(({ port, controllerPort }) => [port, controllerPort]);
    case 'cassandra':
      return Object.values(layout.cassandra ?? {});
    case 'postgres':
      return Object.values(layout.postgres ?? {});
    case 'spark': {
      const { port, cluster } = layout.spark ?? {};
      return [port, cluster?.masterPort, ...(cluster?.workerPorts ?? [])].filter((each) => each !== undefined);
    }
  }
}

/** Lays out a part none of whose servers runs: where it was, as far as those ports are free. */
export async function layOut(part: Part, before: State, size: Size, ports: FreePorts): Promise<State> {
  switch (part) {
    case 'kafka': {
      const known = before.kafka?.brokers ?? [];
      const brokers = [];
      for (let id = 1; id <= (size.brokers ?? Math.max(1, known.length)); id++) {
        const wanted = known[id - 1];
        brokers.push({
          id,
          port: await ports.next(wanted?.port, id === 1 ? USUAL_PORTS.kafka : undefined),
          controllerPort: await ports.next(wanted?.controllerPort),
        });
      }
      return { ...before, kafka: { brokers } };
    }
    case 'cassandra': {
      const known = before.cassandra;
      const port = await ports.next(known?.port, USUAL_PORTS.cassandra);
      const storagePort = await ports.next(known?.storagePort);
      return { ...before, cassandra: { port, storagePort, sslStoragePort: await ports.next(known?.sslStoragePort) } };
    }
    case 'postgres':
      return { ...before, postgres: { port: await ports.next(before.postgres?.port, USUAL_PORTS.postgres) } };
    case 'spark':
      return { ...before, spark: await layOutSpark(before.spark, size.sparkWorkers, ports) };
  }
}

async function layOutSpark(
  known: Layout['spark'],
  wantedWorkers: number | undefined,
  ports: FreePorts,
): Promise<NonNullable<Layout['spark']>> {
  const port = await ports.next(known?.port, USUAL_PORTS.spark);
  const workers = wantedWorkers ?? known?.cluster?.workerPorts.length ?? 0;
  if (workers === 0) return { port };
  const masterPort = await ports.next(known?.cluster?.masterPort);
  const workerPorts = [];
  for (let index = 0; index < workers; index++) {
    workerPorts.push(await ports.next(known?.cluster?.workerPorts[index]));
  }
  return { port, cluster: { masterPort, workerPorts } };
}
