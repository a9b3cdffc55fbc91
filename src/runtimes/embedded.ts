import { DaybookError } from '../base/errors.ts';
import { readCheckpoints } from '../engine/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/engine.ts';
import type { CutTail } from '../log/log.ts';
import { openLog } from '../log/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disk } from '../ports/disk.ts';

export interface EmbeddedOptions {
  readonly plan: Plan;
  /** The data folder; whoever opens it holds its lock. */
  readonly disk: Disk;
  readonly clock: Clock;
  /** Told in sentences what was found and mended: a tail cut off, a checkpoint left out. */
  readonly onNotice?: (sentence: string) => void;
  /** Told how far the engine has caught up with its log. */
  readonly onProgress?: (records: number, total: number) => void;
}

/**
 * Opens the embedded runtime: the log, and the engine with the newest whole checkpoint that is of this plan and in this
 * log.
 * @throws DaybookError `LOG_CORRUPT` when durable records are damaged, `LOG_OTHER_DEFINITION`
 */
export async function openEmbedded({ plan, disk, clock, onNotice, onProgress }: EmbeddedOptions): Promise<Engine> {
  const notice = onNotice ?? (() => undefined);
  for await (const checkpoint of readCheckpoints(disk, plan, notice)) {
    try {
      const { log, cut } = await openLog(disk, { verifiedUpTo: checkpoint.facts.next });
      if (cut !== undefined) notice(cutSentence(cut));
      return await openEngine({ plan, log, disk, clock, checkpoint, ...(onProgress && { onProgress }) });
    } catch (error) {
      if (!(error instanceof DaybookError) || error.code !== 'LOG_POSITION_UNKNOWN') throw error;
      notice(`The checkpoint at offset ${checkpoint.facts.offset} does not fit the log and is left out.`);
    }
  }
  const { log, cut } = await openLog(disk, {});
  if (cut !== undefined) notice(cutSentence(cut));
  return openEngine({ plan, log, disk, clock, ...(onProgress && { onProgress }) });
}

function cutSentence({ segment, position, bytes, savedAs }: CutTail): string {
  return (
    `The log's segment ${segment} ended in ${bytes} bytes of a write that was never finished, and so never answered; ` +
    `it was cut at byte ${position}, and the bytes were kept as ${savedAs}.`
  );
}
