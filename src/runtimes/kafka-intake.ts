import { present } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import { quarantineTopic } from '../compile/kafka/topics.ts';
import { AheadOfClock } from '../engine/ahead-of-clock.ts';
import { keptOf, refusedOf } from '../engine/group.ts';
import { printEntry } from '../engine/quarantine.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Acceptance, Intake, Runtime } from '../ports/runtime.ts';
import type { RecordColumns, RefusedLine, ScannedLines } from '../record/columns.ts';
import { KEY_WORDS } from '../record/columns.ts';
import type { Dictionaries } from '../record/dictionaries.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { Scanner } from '../record/scanner.ts';
import { TextDictionary } from '../record/text-dictionary.ts';
import type { KafkaConnection } from '../sources/kafka/connection.ts';
import type { NewMessage, PartitionEnd, TopicProducer } from '../sources/kafka/producer.ts';
import { MESSAGE_BYTES_MAX, openTopicProducer } from '../sources/kafka/producer.ts';

const CARRIAGE_RETURN = 13;
/** Room is left for the key. */
const RECORD_BYTES_MAX = MESSAGE_BYTES_MAX - 10_000;
/** Bytes that may wait for Kafka; beyond it batches are turned away, so that memory stays bounded. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** Nothing here needs what texts were seen long ago, so the dictionaries are made anew when they have grown. */
const DICTIONARY_BYTES_MAX = 64 * 1024 * 1024;

export interface KafkaIntakeOptions {
  readonly plan: Plan;
  readonly connection: KafkaConnection;
  readonly clock: Clock;
}

/**
 * The door for records where the log is a Kafka topic. Records are checked by the scanner that every runtime has, written
 * to the stream's topic as they came, keyed by their primary key, and answered once all in-sync copies have them. What is
 * refused goes to the quarantine's topic, whole, with its reason; its batch is answered after that, too.
 */
export type KafkaIntake = Pick<Runtime, 'plan' | 'accept' | 'close'>;

/**
 * Opens the door. Nothing is sent before the first batch. Its `accept` cannot know which records are repeats, as whoever
 * reads the topic finds them, so it counts none; the offset is how many messages the stream's topic has had, as far as it
 * was told. It also throws `KAFKA_UNREACHABLE` (retryable), `KAFKA_REFUSED`, `TOPIC_MISSING`, `MESSAGE_TOO_LARGE`; some
 * records of the batch may be in the topic then, and sent again they are repeats.
 */
export function openKafkaIntake({ plan, connection, clock }: KafkaIntakeOptions): KafkaIntake {
  return new Intakes(plan, openTopicProducer(connection, 'daybook-intake'), clock);
}

class Intakes implements KafkaIntake {
  readonly plan: Plan;
  readonly #producer: TopicProducer;
  readonly #clock: Clock;
  readonly #aheadOfClock: AheadOfClock;
  #dictionaries: Dictionaries;
  #scanner: Scanner;
  #pendingBytes = 0;
  /** By partition of the stream's topic. */
  readonly #ends = new Map<number, number>();

  constructor(plan: Plan, producer: TopicProducer, clock: Clock) {
    this.plan = plan;
    this.#producer = producer;
    this.#clock = clock;
    this.#aheadOfClock = new AheadOfClock(plan.stream);
    this.#dictionaries = makeDictionaries(plan);
    this.#scanner = new Scanner(plan, this.#dictionaries);
  }

  async accept(intake: Intake): Promise<Acceptance> {
    const bytes = intake.lines.length;
    if (this.#pendingBytes + bytes > PENDING_BYTES_MAX && this.#pendingBytes > 0) {
      throw new DaybookError(
        'INTAKE_FULL',
        `${this.#pendingBytes} bytes are waiting for Kafka; send the records again in a second.`,
        { retryable: true, details: { pendingBytes: this.#pendingBytes, pendingBytesMax: PENDING_BYTES_MAX } },
      );
    }
    this.#pendingBytes += bytes;
    try {
      const scanned = this.#scan(intake);
      const refused = refusedOf(intake, withTooLong(scanned));
      const records = messagesOf(this.plan, scanned.columns, this.#dictionaries);
      const entries = Array.from(keptOf(intake, refused), (each): NewMessage => {
        const line = printEntry(each, this.#clock.nowMs());
        return { topic: quarantineTopic(this.plan), key: null, value: Buffer.from(line.slice(0, -1)) };
      });
      this.#note(await this.#producer.send([...records, ...entries]));
      return {
        accepted: records.length,
        duplicates: 0,
        quarantined: refused.map(({ refusal, line }) => ({ line, ...refusal })),
        offset: [...this.#ends.values()].reduce((sum, end) => sum + end, 0),
      };
    } finally {
      this.#pendingBytes -= bytes;
    }
  }

  async close(): Promise<void> {
    await this.#producer[Symbol.asyncDispose]();
  }

  /** Lines are counted from 1 here; `refusedOf` says what they are in their file. */
  #scan({ lines }: Intake): ScannedLines {
    const bytes = this.#dictionaries.reduce((sum, dictionary) => sum + (dictionary?.bytes ?? 0), 0);
    if (bytes > DICTIONARY_BYTES_MAX) {
      this.#dictionaries = makeDictionaries(this.plan);
      this.#scanner = new Scanner(this.plan, this.#dictionaries);
    }
    return this.#aheadOfClock.refuse(this.#scanner.scan(lines, 1), this.#clock.nowMs());
  }

  #note(ends: readonly PartitionEnd[]): void {
    for (const { topic, partition, endOffset } of ends) {
      if (topic === this.plan.stream.name) this.#ends.set(partition, endOffset);
    }
  }
}

/** The refused lines, and with them the records that are longer than a message of a topic may be. */
function withTooLong(scanned: ScannedLines): ScannedLines {
  const { columns, refused } = scanned;
  const tooLong = rowsOf(columns, (bytes) => bytes > RECORD_BYTES_MAX).map((row): RefusedLine => {
    const start = columns.starts[row] as number;
    const end = columns.ends[row] as number;
    const reason = `the record has ${end - start} bytes, of at most ${RECORD_BYTES_MAX} that Kafka is given`;
    return { line: columns.lines[row] as number, start, end, refusal: { code: 'TOO_LONG', reason } };
  });
  if (tooLong.length === 0) return scanned;
  return { ...scanned, refused: [...refused, ...tooLong].sort((a, b) => a.line - b.line) };
}

/** The records that are no longer than a message may be: the line as it came, without what ended it. */
function messagesOf({ stream }: Plan, columns: RecordColumns, dictionaries: Dictionaries): readonly NewMessage[] {
  const dictionary = dictionaries[stream.primaryKey.index];
  const keyOf =
    dictionary instanceof TextDictionary
      ? (row: number) => present(dictionary.text(columns.keys[row * KEY_WORDS] as number), 'a key is a text')
      : (row: number) => uuidOf(columns.keys, row);
  return rowsOf(columns, (bytes) => bytes <= RECORD_BYTES_MAX).map((row) => ({
    topic: stream.name,
    key: Buffer.from(keyOf(row)),
    value: trimmed(columns.bytes, columns.starts[row] as number, columns.ends[row] as number),
  }));
}

function rowsOf({ count, starts, ends }: RecordColumns, isWanted: (bytes: number) => boolean): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) {
    if (isWanted((ends[row] as number) - (starts[row] as number))) rows.push(row);
  }
  return rows;
}

function trimmed(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.subarray(start, bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end);
}

/** The UUID of a row, in lower case, so that a repeat written otherwise is in the same partition. */
function uuidOf(keys: Int32Array, row: number): string {
  const digits = Array.from({ length: KEY_WORDS }, (_, word) =>
    ((keys[row * KEY_WORDS + word] as number) >>> 0).toString(16).padStart(8, '0'),
  ).join('');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}
