import { pino } from 'pino';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Disk } from '../../src/ports/disk.ts';
import type { Runtime } from '../../src/ports/runtime.ts';
import type { ScanElsewhere } from '../../src/record/foreign-scan.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import type { Server, ServerOptions } from '../../src/server/server.ts';
import { startServer } from '../../src/server/server.ts';
import { FaultyDisk } from '../disk/faulty-disk.ts';

/** A Daybook that serves in this process. */
export interface ServedDaybook extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly server: Server;
  /** `http://127.0.0.1:4000/api/v1` */
  readonly api: string;
}

export interface ServeEmbeddedOptions extends Partial<Omit<ServerOptions, 'runtime' | 'clock'>> {
  /** The furniture store's unless told. */
  readonly plan?: Plan;
  /** In memory unless told. */
  readonly disk?: Disk;
  /** Who reads large batches; the same thread unless told. */
  readonly scanElsewhere?: ScanElsewhere;
  /** What the server's own waiting goes by; the machine's unless told. */
  readonly serverClock?: Clock;
}

/** Serves the real engine by the real server at a free port. */
export async function serveEmbedded(options: ServeEmbeddedOptions = {}): Promise<ServedDaybook> {
  const { plan = makePlan(daybook), disk = new FaultyDisk(), serverClock, scanElsewhere, ...rest } = options;
  await using stack = new AsyncDisposableStack();
  const clock = machineClock();
  const runtime = await openEmbedded({ plan, disk, clock, ...(scanElsewhere && { scanElsewhere }) });
  stack.defer(() => runtime.close());
  const server = await startServer({
    runtime,
    host: '127.0.0.1',
    port: 0,
    pages: '/nowhere',
    logger: pino({ level: 'silent' }),
    clock: serverClock ?? clock,
    ...rest,
  });
  stack.defer(() => server.close());
  const held = stack.move();
  return {
    runtime,
    server,
    api: `${server.url}/api/v1`,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
