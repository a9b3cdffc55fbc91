import { DaybookError } from '../base/errors.ts';
import type { Checkpoint } from '../engine/checkpoint.ts';
import { newestCheckpointOffset, readCheckpoints, removeCheckpoint } from '../engine/checkpoint.ts';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import { openEngine } from '../engine/engine.ts';
import { LOG_FOLDER } from '../log/format.ts';
import type { CutTail } from '../log/log.ts';
import { openLog } from '../log/log.ts';
import type { LogReach } from '../ports/log.ts';

/** What says that a checkpoint does not belong to the files that it names. */
const WITHOUT_FILES: ReadonlySet<string> = new Set(['KEYS_DAMAGED', 'DAY_FILE_MISSING']);

type EngineOptionsBesidesLog = Omit<EngineOptions, 'log' | 'checkpoint'>;

/** The disk is the data folder's; whoever opens it holds its lock. */
export interface EmbeddedOptions extends EngineOptionsBesidesLog {
  /** As of the log; 128 MiB unless told. */
  readonly segmentBytesMax?: number;
  /** Told in sentences what was found and mended: a tail cut off, a checkpoint left out; and as of the engine. */
  readonly onNotice?: (sentence: string) => void;
}

/**
 * Opens the embedded runtime: the log, and the engine with the newest whole checkpoint that is of this plan and in this
 * log.
 * @throws DaybookError `LOG_CORRUPT` when durable records are damaged, `LOG_SHORTENED` when some are missing from the end,
 *   `LOG_OTHER_DEFINITION`
 */
export async function openEmbedded({ onNotice, ...options }: EmbeddedOptions): Promise<Engine> {
  const { plan, disk } = options;
  const notice = onNotice ?? (() => undefined);
  let isSaid = false;
  // The newest that is left out says why; those behind it would only say it again.
  const noticeOnce = (sentence: string): void => {
    if (!isSaid) notice(sentence);
    isSaid = true;
  };
  let reaches: LogReach = { offset: await newestCheckpointOffset(disk) };
  const ofOtherLogs: number[] = [];
  for await (const checkpoint of readCheckpoints(disk, plan, noticeOnce)) {
    const { facts } = checkpoint;
    if (facts.offset === reaches.offset) reaches = facts;
    try {
      return await openAt(checkpoint, { ...options, reaches, ofOtherLogs, notice });
    } catch (error) {
      if (!(error instanceof DaybookError)) throw error;
      if (error.code === 'LOG_POSITION_UNKNOWN') ofOtherLogs.push(facts.offset);
      else if (WITHOUT_FILES.has(error.code))
        notice(`The checkpoint at offset ${facts.offset} is left out. ${error.message}`);
      else throw error;
    }
  }
  return openAt(undefined, { ...options, reaches, ofOtherLogs, notice });
}

interface OpenAtOptions extends Omit<EmbeddedOptions, 'onNotice'> {
  readonly reaches: LogReach;
  /** The offsets of checkpoints that are of another log. They go once this one is known to reach as far. */
  readonly ofOtherLogs: number[];
  readonly notice: (sentence: string) => void;
}

async function openAt(
  checkpoint: Checkpoint | undefined,
  { segmentBytesMax, reaches, ofOtherLogs, notice, ...options }: OpenAtOptions,
): Promise<Engine> {
  const { disk } = options;
  const { log, cut } = await openLog(disk, {
    verifiedUpTo: checkpoint?.facts,
    reaches,
    ...(segmentBytesMax !== undefined && { segmentBytesMax }),
  });
  if (cut !== undefined) notice(cutSentence(cut));
  try {
    for (const offset of ofOtherLogs.splice(0)) {
      await removeCheckpoint(disk, offset);
      notice(otherLogSentence(offset));
    }
    return await openEngine({ ...options, log, checkpoint, onNotice: notice });
  } catch (error) {
    await log.close();
    throw error;
  }
}

function otherLogSentence(offset: number): string {
  return (
    `The checkpoint at offset ${offset} was of another log than the one in ${LOG_FOLDER}/, and was removed; the reports are those ` +
    `of this log. If it was put back from a copy, records that were accepted after the copy are not in it.`
  );
}

function cutSentence({ segment, position, bytes, savedAs }: CutTail): string {
  return (
    `The log's segment ${segment} ended in ${bytes} bytes of a write that was never finished, and so never answered; ` +
    `it was cut at byte ${position}, and the bytes were kept as ${savedAs}.`
  );
}
