import type { AnnouncedFrame } from '../../ports/report-rows.ts';
import type { TopicMessage } from '../../ports/messages.ts';

/** The newest frame that messages of a topic of frames announce; undefined: none does. */
export function newestFrame(messages: readonly TopicMessage[]): AnnouncedFrame | undefined {
  let newest: AnnouncedFrame | undefined;
  for (const { value } of messages) {
    const frame = value === null ? undefined : readFrame(Buffer.from(value).toString());
    if (frame !== undefined && frame.frame >= (newest?.frame ?? 0)) newest = frame;
  }
  return newest;
}

/** A message that is none is left out: the next one announces its frame as well. */
function readFrame(text: string): AnnouncedFrame | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null || !('frame' in parsed)) return undefined;
  const frame = Number(parsed.frame);
  const accepted = 'accepted' in parsed ? Number(parsed.accepted) : 0;
  return Number.isSafeInteger(frame) && Number.isSafeInteger(accepted) ? { frame, accepted } : undefined;
}
