import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { DaybookError } from '../src/base/errors.ts';

const TRIES_MAX = 1000;
/** Below the ports that systems give to outgoing connections. */
const ANY = { first: 20_000, last: 32_000 };

/** Which ports are given. */
export interface Ports {
  readonly first: number;
  readonly last: number;
  /** Whether the port that is usual for a server may be taken, though it is outside the range. */
  readonly usual: boolean;
}

/** Finds ports on loopback that nobody listens at, no port twice. */
export interface FreePorts {
  /**
   * @param known  taken if it is free; otherwise, the usual one, or any
   * @throws DaybookError `STACK_PORTS` when none is free
   */
  next(known: number | undefined, usual?: number): Promise<number>;
}

/**
 * Ports as DAYBOOK_STACK_PORTS says, such as `21000-21999`, and no others; unless told, usual ones.
 * @throws DaybookError `STACK_PORTS` when it is no range
 */
export function portsOfEnvironment(isUsualWanted: boolean): Ports {
  const text = process.env['DAYBOOK_STACK_PORTS'];
  if (text === undefined || text === '') return { ...ANY, usual: isUsualWanted };
  const [first = 0, last = 0] = (/^(\d+)-(\d+)$/.exec(text)?.slice(1) ?? []).map(Number);
  if (first >= 1 && last > first && last <= 65_535) return { first, last, usual: false };
  throw new DaybookError('STACK_PORTS', `DAYBOOK_STACK_PORTS is '${text}'; it must be a range such as 21000-21999.`);
}

/**
 * Free ports, drawn by chance, so that stacks which are started at the same time do not meet.
 * @param taken  ports that are others' though nobody listens there now
 */
export function freePorts({ first, last, usual: isUsualTaken }: Ports, taken: Iterable<number>): FreePorts {
  const given = new Set(taken);
  const take = async (port: number): Promise<boolean> => {
    if (given.has(port) || !(await isFree(port))) return false;
    given.add(port);
    return true;
  };
  return {
    async next(known, usual) {
      if (known !== undefined && (await take(known))) return known;
      if (usual !== undefined && isUsualTaken && (await take(usual))) return usual;
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const port = randomInt(first, last + 1);
        if (await take(port)) return port;
      }
      throw new DaybookError(
        'STACK_PORTS',
        `No free port was found from ${first} to ${last}. Set DAYBOOK_STACK_PORTS to another range, such as 21000-21999.`,
      );
    },
  };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
