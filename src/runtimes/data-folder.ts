import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Runtime } from '../ports/runtime.ts';
import { FOLDER as CHECKPOINTS_FOLDER } from '../engine/checkpoint.ts';
import { PENDING_BYTES_MAX } from '../engine/engine.ts';
import { LOG_FOLDER } from '../log/format.ts';
import { openEmbedded } from './embedded.ts';
import { openDisk } from './machine/disk.ts';
import type { FolderLock } from './machine/lock.ts';
import { readHolder, takeFolderLock } from './machine/lock.ts';
import type { RemoteRuntime } from './remote.ts';
import { openSpilledDays } from '../stores/parquet/spilled-days.ts';
import { scanThread } from './scan-thread.ts';

/** How long a holder that does not serve (a start, or another command) is waited for. */
const HOLDER_WAIT_MS = 15_000;
const HOLDER_POLL_MS = 100;
/** So many records are written into their days' files before a command ends; it takes some seconds. */
const FILED_AT_END_MAX = 1_000_000;
/** What is let wait is not all taken by one: a batch may be a little larger than it was meant to be. */
const ROOM_FOR_OTHERS_BYTES = 8 * 1024 * 1024;
/** Through another Daybook one batch is taken in at a time, and the next three have been sent by then. */
const SENT_AHEAD_BYTES = 16 * 1024 * 1024;

export interface DataFolderOptions {
  readonly plan: Plan;
  /** A path of this machine. */
  readonly root: string;
  readonly clock: Clock;
  /** Whether a folder that is not there is made. A command that only reads must not make one by a slip of the pen. */
  readonly create: boolean;
  /** Whether another thread reads the records that come, should the folder be opened here; it does unless told. */
  readonly scansElsewhere?: boolean;
  /** About what the state may hold of memory, in bytes, should the folder be opened here. */
  readonly stateBytesMax?: number;
  /** Told in sentences what was found and mended, and whom the folder is reached through. */
  readonly onNotice?: (sentence: string) => void;
  readonly onProgress?: (records: number, total: number) => void;
}

/** A data folder, opened. */
export interface DataFolder extends RemoteRuntime, Pick<Runtime, 'explain'> {
  /** Where the Daybook serves that holds it; undefined: none does. */
  readonly url: string | undefined;
  /** How many bytes one who brings records may hand over before they are answered. */
  readonly bytesInFlightMax: number;
  /**
   * Writes the files of days whose keys left memory, if they are few: else whoever serves from the folder next does it
   * beside its work. The signal ends it, and closes the folder.
   * @throws DaybookError `DISK_FULL` (retryable), `DISK_FAILED`, `DAY_FILE_FAILED`
   */
  fileDays(signal: AbortSignal): Promise<void>;
}

/**
 * The Daybook for one command: the one that serves at `url`, or else that of the data folder.
 * @throws DaybookError as `openDataFolder`; a Daybook that does not answer is told by the first call
 */
export async function openDaybook(
  options: DataFolderOptions & { readonly url: string | undefined },
): Promise<RemoteRuntime & Pick<Runtime, 'explain'>> {
  if (options.url === undefined) return openDataFolder(options);
  const { openRemote } = await import('./remote.ts');
  return openRemote(options.plan, options.url);
}

/**
 * A data folder for one command: through the Daybook that holds it, or opened here when none does. Close it at the end.
 * @throws DaybookError `DATA_FOLDER_MISSING`; `FOLDER_HELD` when another command holds it for long; `OTHER_DEFINITION`
 *   with `create`, when the Daybook that holds it has another stream (else the first call that reads from it); what
 *   `openEmbedded` throws
 */
export async function openDataFolder(options: DataFolderOptions): Promise<DataFolder> {
  const { plan, root, clock } = options;
  for (let waitedMs = 0; ; waitedMs += HOLDER_POLL_MS) {
    const holder = await readHolder(root);
    if (holder?.url !== undefined) {
      const { openRemote, openRemoteToSend } = await import('./remote.ts');
      options.onNotice?.(`A Daybook holds ${root}; going through it at ${holder.url}.`);
      const bytesInFlightMax = SENT_AHEAD_BYTES;
      // Who may make the folder is about to bring records.
      const remote = options.create ? await openRemoteToSend(plan, holder.url) : openRemote(plan, holder.url);
      const { url } = holder;
      return { ...tellingRefusals(remote, options.onNotice), url, bytesInFlightMax, fileDays: async () => undefined };
    }
    // What is no data folder is not made one by somebody who reads.
    if (holder === undefined && !options.create) requireDaybook(root);
    if (holder === undefined || waitedMs >= HOLDER_WAIT_MS) {
      const lock = await lockUnlessHeld(root, waitedMs >= HOLDER_WAIT_MS);
      if (lock !== undefined) return openHere(options, lock);
    }
    await clock.sleep(HOLDER_POLL_MS);
  }
}

/** Says at once why another Daybook takes nothing, as it is asked again for minutes; but for one that is only busy. */
function tellingRefusals<R extends Pick<RemoteRuntime, 'accept'>>(
  remote: R,
  onNotice: DataFolderOptions['onNotice'],
): R {
  let isTold = false;
  return {
    ...remote,
    accept: async (intake) => {
      try {
        const acceptance = await remote.accept(intake);
        isTold = false;
        return acceptance;
      } catch (error) {
        const isWorthTelling = error instanceof DaybookError && error.retryable && error.code !== 'INTAKE_FULL';
        if (isWorthTelling && !isTold)
          onNotice?.(`Nothing is taken in at present, and it is tried again. ${error.message}`);
        isTold ||= isWorthTelling;
        throw error;
      }
    },
  };
}

/**
 * Refuses a folder that is none of Daybook's, so that nobody makes it one by a slip of the pen.
 * @throws DaybookError `DATA_FOLDER_MISSING`
 */
export function requireDaybook(root: string): void {
  const refuse = (what: string, how: string): never => {
    const advice = `Name another with --data, or make it${how} by daybook start or daybook import.`;
    throw new DaybookError('DATA_FOLDER_MISSING', `There is no ${what} ${root}. ${advice}`, { details: { root } });
  };
  if (!existsSync(root)) refuse('data folder', '');
  const hasAny = [LOG_FOLDER, CHECKPOINTS_FOLDER].some((name) => existsSync(join(root, name)));
  if (statSync(root).isDirectory() && !hasAny) refuse('Daybook in the folder', ' one');
}

/** @returns undefined when somebody else was quicker, unless that is final */
async function lockUnlessHeld(root: string, isFinal: boolean): Promise<FolderLock | undefined> {
  try {
    return await takeFolderLock(root);
  } catch (error) {
    if (!isFinal && error instanceof DaybookError && error.code === 'FOLDER_HELD') return undefined;
    throw error;
  }
}

async function openHere(options: DataFolderOptions, lock: FolderLock): Promise<DataFolder> {
  const { plan, root, clock, onNotice, onProgress } = options;
  const scanElsewhere = options.scansElsewhere === false ? undefined : scanThread(plan);
  // Who may make the folder is about to bring records: the thread comes up while the folder is opened.
  if (options.create) scanElsewhere?.isReady();
  try {
    const engine = await openEmbedded({
      plan,
      disk: openDisk(root),
      clock,
      ...(scanElsewhere && { scanElsewhere }),
      dayFiles: openSpilledDays({ stream: plan.stream, disk: openDisk(root), root }),
      ...(options.stateBytesMax !== undefined && { stateBytesMax: options.stateBytesMax }),
      ...(onNotice && { onNotice }),
      ...(onProgress && { onProgress }),
    });
    return {
      plan,
      url: undefined,
      bytesInFlightMax: PENDING_BYTES_MAX - ROOM_FOR_OTHERS_BYTES,
      accept: (intake) => engine.accept(intake),
      query: (report, query) => engine.query(report, query),
      records: (range) => engine.records(range),
      explain: (query, signal) => engine.explain(query, signal),
      quarantine: (page) => engine.quarantine(page),
      status: () => engine.status(),
      fileDays: async (signal) => {
        const stop = (): void => void engine.close();
        signal.addEventListener('abort', stop, { once: true });
        await engine.fileDays(FILED_AT_END_MAX).finally(() => signal.removeEventListener('abort', stop));
      },
      close: async () => {
        try {
          await engine.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await scanElsewhere?.close();
    await lock.release();
    throw error;
  }
}
