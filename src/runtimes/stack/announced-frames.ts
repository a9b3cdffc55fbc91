import type { AnnouncedFrame } from '../../ports/report-rows.ts';
import type { TopicMessage } from '../../ports/messages.ts';
import type { ReadTo } from '../../spark/supervisor/batch.ts';
import { readToOf } from '../../spark/supervisor/batch.ts';
import { objectOf } from '../../spark/supervisor/message-object.ts';

const STATES = ['starting', 'running', 'trouble', 'stopped'] as const;

/** A frame as the stack's engine announces it. */
export interface Announcement extends AnnouncedFrame {
  /** When it was announced. */
  readonly atMs: number;
  /** Up to where the stream's topic is in it. */
  readonly readTo: ReadTo;
  /** The micro-batch that made it, how many rows it has, and how many records were late so far; where they are told. */
  readonly batch: number | undefined;
  readonly rows: number | undefined;
  readonly late: number | undefined;
  /** What is of a frame up to this one is no change of a closed day, as the engine began anew and wrote what was there. */
  readonly since: number;
}

/** What the stack's engine says of itself, with each frame and every few seconds. */
export interface Sign {
  readonly atMs: number;
  /** Undefined: an engine that says nothing of itself. */
  readonly state: (typeof STATES)[number] | undefined;
  readonly reason: string | undefined;
  /** No frame was announced yet. */
  readonly isBeforeFirst: boolean;
}

/** The newest sign of life among messages of a topic of frames; undefined: there is none. */
export function newestSign(messages: readonly TopicMessage[]): Sign | undefined {
  const message = messages.at(-1);
  if (message === undefined) return undefined;
  const { state, reason, frame } = objectOf(message);
  return {
    atMs: message.timestampMs,
    state: STATES.find((each) => each === state),
    reason: typeof reason === 'string' ? reason : undefined,
    isBeforeFirst: frame === undefined,
  };
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

function readAnnouncement(message: TopicMessage): Announcement | undefined {
  const members = objectOf(message);
  const whole = (name: string): number | undefined => {
    const member = members[name];
    return Number.isSafeInteger(member) ? (member as number) : undefined;
  };
  const frame = whole('frame');
  if (frame === undefined) return undefined;
  return {
    frame,
    accepted: whole('accepted') ?? 0,
    atMs: message.timestampMs,
    readTo: readToOf(members['readTo']),
    batch: whole('batch'),
    rows: whole('rows'),
    late: whole('late'),
    // It has not written all of that yet.
    since: whole('anew') === undefined ? (whole('since') ?? 0) : Number.MAX_SAFE_INTEGER,
  };
}
