import type { Json } from '../../base/json.ts';

/** An answer under its status, as `responses` holds it. */
export type Answer = { readonly [status: string]: Json };

export function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}

export function answer(
  status: number,
  description: string,
  schema: Json,
  types: readonly string[] = ['application/json'],
): Answer {
  return { [status]: { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) } };
}

export function answers(...all: readonly Answer[]): Json {
  return Object.assign({}, ...all) as Json;
}

export function parameter(name: string, schema: Json, description: string): Json {
  return { name, in: 'query', description, schema };
}

export function problem(status: number, description: string): Answer {
  return answer(status, description, ref('Problem'), ['application/problem+json']);
}

/** Problems by status. Source: RFC 9457. */
export const PROBLEM_ANSWERS = {
  400: problem(400, 'The request cannot be read; the detail says what is wrong with it.'),
  403: problem(403, 'A page from elsewhere may not do this.'),
  404: problem(404, 'There is no such thing; the detail says what there is.'),
  408: problem(408, 'Nothing more of the body came; nothing of it was taken. Send it again.'),
  409: problem(
    409,
    'The entry was put right already, by a record of another key, or a record with this key is counted already, with other values. Nothing was counted.',
  ),
  413: problem(413, 'The body is too large; send smaller batches.'),
  415: problem(415, 'The content type or encoding is none that is taken.'),
  503: {
    503: {
      description: 'Not now: the disk is full, or too much is waiting for it. Nothing was taken; send it again.',
      headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 0 } } },
      content: { 'application/problem+json': { schema: ref('Problem') } },
    },
  },
} as const satisfies Record<number, Answer>;
