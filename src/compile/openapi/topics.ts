import type { Json } from '../../base/json.ts';
import { answer, answers, parameter, PROBLEM_ANSWERS, ref } from './parts.ts';

const whole: Json = { type: 'integer', minimum: 0 };
const topic: Json = { name: 'topic', in: 'path', required: true, schema: { type: 'string' } };
const ofOne = parameter('partition', { ...(whole as object), default: 0 }, 'Of which partition.');

/** The log, or Kafka's topics, to be looked into. */
export function topicPaths(prefix: string): Readonly<Record<string, Json>> {
  return {
    [`${prefix}/topics`]: {
      get: { summary: 'What topics there are.', responses: answers(answer(200, 'The topics', ref('Topics'))) },
    },
    [`${prefix}/topics/{topic}/records`]: { get: getRecords() },
    [`${prefix}/topics/{topic}/records/{offset}`]: {
      get: {
        summary: 'A record, and the rows of the reports that it is in, as they are now.',
        parameters: [topic, { name: 'offset', in: 'path', required: true, schema: whole }, ofOne],
        responses: answers(answer(200, 'The record', ref('RecordDetails')), PROBLEM_ANSWERS[400], PROBLEM_ANSWERS[404]),
      },
    },
  };
}

function getRecords(): Json {
  return {
    summary: 'Records in the order of their offsets; with before, the newest first.',
    description:
      'With stream, server-sent events named chunk while they are looked for, and one named end; with follow, events ' +
      'named tail with what comes from now on, and how much of it was skipped.',
    parameters: [
      topic,
      parameter('partition', whole, 'Of which partition; all unless told.'),
      parameter(
        'offset',
        { type: ['integer', 'string'], minimum: 0, default: 0 },
        'The first offset; of several partitions it may have one for each, as in 120,131, which is what nextOffsets says.',
      ),
      parameter(
        'time',
        { type: 'string' },
        'Instead of offset: the first record that is not earlier, YYYY-MM-DD HH:MM:SS.',
      ),
      parameter(
        'before',
        { type: 'string' },
        'Instead of offset: the newest first, from end on, or below an offset; of several partitions one for each, as in 120,131, which is what nextBefore says.',
      ),
      parameter('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, 'How many.'),
      parameter('field', { type: 'string' }, 'Only records whose field passes the test; value goes with it.'),
      parameter('test', { enum: ['is', 'contains', 'above', 'below'], default: 'is' }, 'The test.'),
      parameter(
        'value',
        { type: 'string' },
        'What the field is compared with; numbers as numbers, exactly, and UUIDs whatever their letters, large or small. ' +
          'With is, nothing stands for null, and "" for an empty text. Null is neither above nor below anything, and contains nothing.',
      ),
      parameter('stream', { enum: ['true', 'false'], default: 'false' }, 'Whether to answer while it looks.'),
      parameter(
        'follow',
        { enum: ['true', 'false'], default: 'false' },
        'Whether to give what comes instead; with no other parameter.',
      ),
    ],
    responses: answers(
      answer(200, 'The records', ref('TopicRecords'), ['application/json', 'text/event-stream']),
      PROBLEM_ANSWERS[400],
      PROBLEM_ANSWERS[404],
    ),
  };
}
