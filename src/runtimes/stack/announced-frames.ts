import type { AnnouncedFrame } from '../../ports/report-rows.ts';
import type { TopicMessage } from '../../ports/messages.ts';

/** A frame as the stack's engine announces it. */
export interface Announcement extends AnnouncedFrame {
  /** When it was announced. */
  readonly atMs: number;
  /** The micro-batch that made it, how many rows it has, and how many records were late so far; where they are told. */
  readonly batch: number | undefined;
  readonly rows: number | undefined;
  readonly late: number | undefined;
}

/** The frames that messages of a topic of frames announce, in order. A message that is none is left out: the next one announces its frame as well. */
export function announcements(messages: readonly TopicMessage[]): readonly Announcement[] {
  return messages.flatMap((message) => readAnnouncement(message) ?? []);
}

/** The newest of them; undefined: there is none. */
export function newestFrame(messages: readonly TopicMessage[]): Announcement | undefined {
  let newest: Announcement | undefined;
  for (const each of announcements(messages)) if (each.frame >= (newest?.frame ?? 0)) newest = each;
  return newest;
}

function readAnnouncement({ value, timestampMs }: TopicMessage): Announcement | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(value ?? []).toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const whole = (name: string): number | undefined => {
    const member = (parsed as Readonly<Record<string, unknown>>)[name];
    return Number.isSafeInteger(member) ? (member as number) : undefined;
  };
  const frame = whole('frame');
  if (frame === undefined) return undefined;
  return {
    frame,
    accepted: whole('accepted') ?? 0,
    atMs: timestampMs,
    batch: whole('batch'),
    rows: whole('rows'),
    late: whole('late'),
  };
}
