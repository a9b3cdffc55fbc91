import { DaybookError } from '../base/errors.ts';
import type { Checkpoint } from '../engine/checkpoint.ts';
import { readCheckpoints } from '../engine/checkpoint.ts';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import { openEngine } from '../engine/engine.ts';
import type { CutTail } from '../log/log.ts';
import { openLog } from '../log/log.ts';

/** What says that a checkpoint does not belong to the log, or not to the files that it names. */
const UNUSABLE: ReadonlySet<string> = new Set(['LOG_POSITION_UNKNOWN', 'KEYS_DAMAGED', 'DAY_FILE_MISSING']);

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
 * @throws DaybookError `LOG_CORRUPT` when durable records are damaged, `LOG_OTHER_DEFINITION`
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
  for await (const checkpoint of readCheckpoints(disk, plan, noticeOnce)) {
    try {
      return await openAt(checkpoint, options, notice);
    } catch (error) {
      if (!(error instanceof DaybookError) || !UNUSABLE.has(error.code)) throw error;
      notice(`The checkpoint at offset ${checkpoint.facts.offset} is left out. ${error.message}`);
    }
  }
  return openAt(undefined, options, notice);
}

async function openAt(
  checkpoint: Checkpoint | undefined,
  { segmentBytesMax, ...options }: Omit<EmbeddedOptions, 'onNotice'>,
  notice: (sentence: string) => void,
): Promise<Engine> {
  const { log, cut } = await openLog(options.disk, {
    verifiedUpTo: checkpoint?.facts.next,
    ...(segmentBytesMax !== undefined && { segmentBytesMax }),
  });
  if (cut !== undefined) notice(cutSentence(cut));
  try {
    return await openEngine({ ...options, log, checkpoint, onNotice: notice });
  } catch (error) {
    await log.close();
    throw error;
  }
}

function cutSentence({ segment, position, bytes, savedAs }: CutTail): string {
  return (
    `The log's segment ${segment} ended in ${bytes} bytes of a write that was never finished, and so never answered; ` +
    `it was cut at byte ${position}, and the bytes were kept as ${savedAs}.`
  );
}
