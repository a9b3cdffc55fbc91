import { useState } from 'react';
import type { DefinitionAnswer, FieldInfo } from '../../src/server/protocol.ts';
import { usePageState } from '../api/use-view.ts';
import { addDays, storeDay, storeTime } from '../days.ts';

/** What to do while there are no sales at all; nothing once there are. */
export function FirstSteps({ stream }: Pick<DefinitionAnswer, 'stream'>) {
  const { newestDay } = usePageState();
  const [{ post, generate }] = useState(() => commandsFor(stream));
  if (newestDay !== null) return null;
  return (
    <section className="first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">No sales yet: post one{generate !== undefined && ' or start the generator'}</h2>
      <p>Post a sale, and it is on this page at once:</p>
      <pre>
        <code>{post}</code>
      </pre>
      {generate !== undefined && (
        <>
          <p>Or have sales made up, five a second, from the checkout:</p>
          <pre>
            <code>{generate}</code>
          </pre>
        </>
      )}
    </section>
  );
}

interface Commands {
  readonly post: string;
  /** Undefined where the generator makes other records than the stream takes. */
  readonly generate: string | undefined;
}

/** What a sale of the furniture store holds besides its key and time. */
const EXAMPLE: Readonly<Record<string, string | number>> = {
  customer_id: 'CG-12520',
  customer_name: 'Claire Gute',
  segment: 'Consumer',
  country: 'United States',
  city: 'Henderson',
  category: 'Furniture',
  sub_category: 'Chairs',
  product_name: 'Stacking chair',
  price: 120.5,
  quantity: 2,
  discount: '0.1',
  revenue: 241,
  profit: 216.9,
  latitude: 37.8363,
  longitude: -87.5901,
};
/** The fields of the records that the generator makes. */
const GENERATED = new Set(['ts_id', 'ts', 'ts_date', ...Object.keys(EXAMPLE)]);
const LINE_LENGTH_MAX = 88;

/** By the store's clock, and of a day that is over: a record that is dated ahead of it would be refused. */
function commandsFor(stream: DefinitionAnswer['stream']): Commands {
  const { origin } = window.location;
  const { timeZone, businessDayEndsAtHour, businessDate, schema } = stream;
  const nowMs = Date.now();
  const yesterday = addDays(storeDay(nowMs, timeZone, businessDayEndsAtHour), -1);
  const isGenerated = schema.every(({ name }) => GENERATED.has(name));
  // The business day follows from the time.
  const sale = schema
    .filter(({ name }) => name !== businessDate)
    .map((field) => `"${field.name}": ${JSON.stringify(valueFor(field, isGenerated, storeTime(nowMs, timeZone)))}`);
  return {
    post: `curl -H 'content-type: application/json' ${origin}/api/v1/records -d '{\n${inLines(sale)} }'`,
    generate: isGenerated
      ? `npm run -s daybook -- generate --from ${yesterday} --to ${yesterday} --rate 5 --to-http ${origin}`
      : undefined,
  };
}

/** What a field takes. @param now  what the store's clock shows */
function valueFor(field: FieldInfo, isGenerated: boolean, now: string): string | number {
  const { name, kind, min, max, maxLength } = field;
  const example = isGenerated ? EXAMPLE[name] : undefined;
  if (example !== undefined) return example;
  switch (kind) {
    case 'uuid':
      return newId();
    case 'text':
      return `${name.replaceAll('_', ' ')} 1`.slice(0, maxLength);
    case 'timestamp':
      return now;
    case 'date':
      return now.slice(0, 10);
    case 'integer':
    case 'decimal':
    case 'number':
      return Math.min(Math.max(1, min ?? 1), max ?? Infinity);
  }
}

function inLines(fields: readonly string[]): string {
  const lines: string[] = [];
  for (const field of fields) {
    const line = lines.at(-1);
    if (line === undefined || line.length + field.length > LINE_LENGTH_MAX) lines.push(`  ${field}`);
    else lines[lines.length - 1] = `${line}, ${field}`;
  }
  return lines.join(',\n');
}

/** Browsers make UUIDs only on pages that came over HTTPS or from this machine. */
function newId(): string {
  return 'randomUUID' in crypto ? crypto.randomUUID() : '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5';
}
