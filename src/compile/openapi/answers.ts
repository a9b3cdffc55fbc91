import type { Json } from '../../base/json.ts';
import { ref } from './parts.ts';

const text: Json = { type: 'string' };
const whole: Json = { type: 'integer', minimum: 0 };
const number: Json = { type: 'number' };
/** A row of any report, which here is not known. */
const row: Json = { type: 'object', additionalProperties: { type: ['string', 'number', 'null'] } };

/** An object with just these members; those whose name ends in `?` may be missing. */
function object(members: Readonly<Record<string, Json>>): Json {
  const entries = Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ''), schema] as const);
  return {
    type: 'object',
    properties: Object.fromEntries(entries),
    required: Object.keys(members).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

function described(schema: Json, description: string): Json {
  return { ...(schema as object), description };
}

function list(items: Json): Json {
  return { type: 'array', items };
}

function orNull(schema: Json): Json {
  return { anyOf: [schema, { type: 'null' }] };
}

/** Of how much a list is kept. */
const kept = described(whole, 'How many of the newest can be listed.');
const refusal = { line: whole, code: text, 'field?': text, reason: text };
const atLeastOne: Json = { type: 'integer', minimum: 1 };

/** What requests hold that is the same for every definition. */
export const REQUEST_SCHEMAS: Readonly<Record<string, Json>> = {
  IntakeHead: object({
    origin: { type: 'string', minLength: 1, maxLength: 255, description: 'Where the batch came from: a file’s name.' },
    firstLine: described(atLeastOne, 'The number of the first line of the records, in its file.'),
    unreadable: list(
      object({
        line: atLeastOne,
        bytes: described(whole, 'How long it is.'),
        code: { type: 'string', description: 'Why it is no record, as the quarantine has it: CANNOT_BE_CONVERTED.' },
        'field?': text,
        reason: text,
        'converted?': { type: 'string', description: 'The record that was made of it, in JSON.' },
      }),
    ),
    'originalsFollow?': {
      type: 'boolean',
      description:
        'Whether what is refused is only answered, and not kept: who sends it has what it was made of, and sends that next, as unreadable.',
    },
  }),
};

const topicRecord = object({ partition: whole, offset: whole, 'atMs?': number, value: text });
const amendment = object({
  id: whole,
  frame: whole,
  firstOffset: whole,
  report: text,
  before: orNull(row),
  after: row,
});

/** What the answers hold that is the same for every definition. */
export const ANSWER_SCHEMAS: Readonly<Record<string, Json>> = {
  Acceptance: object({
    accepted: whole,
    duplicates: whole,
    quarantined: list(
      object({ ...refusal, 'id?': described(whole, 'Of its entry in the quarantine; not on the stack.') }),
    ),
    offset: described(whole, 'The offset of the next record to come.'),
  }),
  Definition: object({
    stream: object({
      name: text,
      timeZone: text,
      currency: text,
      businessDate: text,
      businessDayEndsAtHour: whole,
      latenessDays: whole,
      primaryKey: text,
      eventTime: text,
      fields: list(text),
      schema: list(ref('Field')),
    }),
    reports: list(
      object({
        name: text,
        title: text,
        columns: list(ref('Column')),
        where: {
          type: 'string',
          description: 'What a record must satisfy to count in it, texts in quotes; empty: nothing.',
        },
      }),
    ),
    frames: {
      enum: ['offsets', 'moments'],
      description:
        'What the number of a frame is: the log’s next offset, or the microseconds since 1970 at which the engine began it.',
    },
    dashboard: object({ title: text, tiles: list(ref('Tile')) }),
  }),
  Field: object({
    name: text,
    kind: { enum: ['uuid', 'text', 'timestamp', 'date', 'integer', 'decimal', 'number'] },
    nullable: { type: 'boolean' },
    quoted: { type: 'boolean', description: 'Whether a number may stand in quotes.' },
    min: { type: ['number', 'null'], description: 'In the field’s own unit; null: the bounds of its kind.' },
    max: { type: ['number', 'null'] },
    maxLength: whole,
  }),
  Column: object({
    name: text,
    kind: { enum: ['date', 'text', 'integer', 'decimal', 'number'] },
    role: { enum: ['dimension', 'measure'] },
    nullable: { type: 'boolean' },
    of: { type: ['string', 'null'], description: 'How a measure is computed: sum(revenue).' },
  }),
  Tile: {
    oneOf: [
      object({
        kind: { enum: ['number', 'table'] },
        title: text,
        report: text,
        measure: text,
        format: { enum: ['count', 'money'] },
      }),
      object({
        kind: { enum: ['line', 'bar'] },
        title: text,
        report: text,
        measure: text,
        format: { enum: ['count', 'money'] },
        x: text,
        series: { type: ['string', 'null'] },
      }),
      object({ kind: { const: 'map' }, title: text, report: text, measure: text, latitude: text, longitude: text }),
    ],
  },
  Frame: object({ frame: whole, atMs: number, reports: list(object({ name: text, rows: orNull(list(row)) })) }),
  Quarantine: object({
    total: whole,
    'open?': described(whole, 'How many nobody has put right; not there where no marks are kept.'),
    entries: list(
      object({
        id: whole,
        atMs: number,
        origin: text,
        ...refusal,
        record: text,
        encoding: { enum: ['utf8', 'base64'] },
        'cutFrom?': described(
          whole,
          'Of an entry of more than 16 KiB on a page of several: its record is the start of one of so many bytes, and ' +
            'converted is not there. By its id, or with a limit of 1, it is whole.',
        ),
        'converted?': {
          type: 'string',
          description: 'The record that was made of it, such as of a row of a table, in JSON: what is to be put right.',
        },
        'putBack?': object({ atMs: number, outcome: { enum: ['accepted', 'duplicate'] }, 'offset?': whole }),
      }),
    ),
  }),
  Amendment: amendment,
  Amendments: object({
    total: whole,
    kept,
    entries: list(ref('Amendment')),
  }),
  Pipeline: object({
    offset: whole,
    accepted: whole,
    duplicates: whole,
    quarantined: whole,
    perSecond: list(whole),
    pendingBytes: whole,
    log: object({ segments: whole, bytes: whole }),
    checkpoint: orNull(object({ offset: whole, atMs: number })),
    trouble: orNull(text),
    engine: described(
      orNull(
        object({
          state: { enum: ['starting', 'running', 'trouble', 'stopped', 'silent'] },
          heardAtMs: orNull(number),
          reason: orNull(text),
        }),
      ),
      'Of an engine that is a process of its own, as Spark is, when it was last heard of; null for the embedded one. ' +
        'Reports stand still in any state but running.',
    ),
    newestDay: orNull({ type: 'string', format: 'date' }),
    amendments: whole,
    sources: list(
      object({
        name: text,
        partitions: list(object({ partition: whole, nextOffset: whole, endOffset: whole })),
        lag: described(
          orNull(whole),
          'Records that are in the source and not taken in yet; null until the source has said what it has.',
        ),
        trouble: orNull(text),
      }),
    ),
  }),
  PipelineDetails: object({
    moments: list(
      object({
        atMs: number,
        perSecond: number,
        lagRecords: whole,
        lagMs: number,
        'freshnessP50Ms?': number,
        'freshnessP99Ms?': number,
      }),
    ),
    parts: list(object({ name: text, state: { enum: ['idle', 'working', 'trouble'] }, doing: text })),
    checkpoints: list(object({ offset: whole, 'atMs?': number, 'bytes?': whole })),
    dayFiles: list(object({ name: text, 'bytes?': whole })),
    consumers: list(object({ group: text, topic: text, partition: whole, committed: whole, next: whole })),
    batches: list(
      object({
        id: whole,
        atMs: number,
        durationMs: number,
        inputRows: whole,
        outputRows: whole,
        lateRows: whole,
      }),
    ),
    lateDays: list(
      object({
        day: { type: 'string', format: 'date' },
        records: whole,
        late: described(whole, 'Records that came when the day was closed.'),
        waiting: described(whole, 'Those of them that are in none of the day’s rows yet.'),
      }),
    ),
  }),
  TopicRecord: topicRecord,
  Topics: object({
    topics: list(
      object({
        name: text,
        holds: { enum: ['records', 'updates'] },
        records: whole,
        'bytes?': whole,
        partitions: list(
          object({
            partition: whole,
            firstOffset: whole,
            nextOffset: whole,
            segments: list(object({ name: text, firstOffset: whole, nextOffset: whole, bytes: whole })),
          }),
        ),
      }),
    ),
  }),
  TopicRecords: object({
    records: list(ref('TopicRecord')),
    scanned: described(whole, 'How many records were looked at, of how many.'),
    of: whole,
    nextOffset: orNull(whole),
    'nextOffsets?': described(text, 'Of several partitions: what offset is for the next page, if there may be one.'),
    'nextBefore?': described(text, 'With before: what it is for the page of older ones, if there may be one.'),
  }),
  RecordDetails: object({ record: ref('TopicRecord'), rows: list(object({ report: text, row })) }),
  Duplicates: object({
    total: whole,
    kept,
    entries: list(ref('Duplicate')),
  }),
  Duplicate: object({
    id: whole,
    atMs: number,
    origin: text,
    line: whole,
    offset: described(whole, 'The next offset when it came.'),
    key: text,
    record: text,
  }),
  Health: object({ status: { enum: ['ok', 'ready'] } }),
  Problem: object({ type: text, title: text, status: whole, detail: text, code: text }),
};
