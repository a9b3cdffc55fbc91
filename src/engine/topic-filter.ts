import type { TopicFilter } from '../ports/topics.ts';

/** Whether a record's text passes. What is no JSON object has no fields. */
export function makeTopicTest({ field, test, value }: TopicFilter): (text: string) => boolean {
  const wanted = value.toLowerCase();
  const limit = value.trim() === '' ? NaN : Number(value);
  return (text) => {
    const own = fieldOf(text, field);
    if (own === undefined) return false;
    const known = typeof own === 'string' ? own : JSON.stringify(own);
    switch (test) {
      case 'is':
        return known === value;
      case 'contains':
        return known.toLowerCase().includes(wanted);
      case 'above':
        return isAbove(known, value, limit);
      case 'below':
        return known !== value && !isAbove(known, value, limit);
    }
  };
}

function isAbove(known: string, value: string, limit: number): boolean {
  const number = known.trim() === '' ? NaN : Number(known);
  return Number.isNaN(number) || Number.isNaN(limit) ? known > value : number > limit;
}

function fieldOf(text: string, field: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return Object.hasOwn(parsed, field) ? (parsed as Readonly<Record<string, unknown>>)[field] : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
