import { useState } from 'react';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import { usePageState } from '../api/use-view.ts';
import { addDays, storeDay, storeTime } from '../days.ts';

/** What to do while there are no sales at all; nothing once there are. */
export function FirstSteps({ stream }: Pick<DefinitionAnswer, 'stream'>) {
  const { newestDay } = usePageState();
  const [{ post, generate }] = useState(() => commands(stream));
  if (newestDay !== null) return null;
  return (
    <section className="first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">No sales yet: post one or start the generator</h2>
      <p>Post a sale, and it is on this page at once:</p>
      <pre>
        <code>{post}</code>
      </pre>
      <p>Or have sales made up, five a second, from the checkout:</p>
      <pre>
        <code>{generate}</code>
      </pre>
    </section>
  );
}

interface Commands {
  readonly post: string;
  readonly generate: string;
}

/** By the store's clock, and of a day that is over: a record that is dated ahead of it would be refused. */
function commands({ timeZone, businessDayEndsAtHour }: DefinitionAnswer['stream']): Commands {
  const { origin } = window.location;
  const nowMs = Date.now();
  const yesterday = addDays(storeDay(nowMs, timeZone, businessDayEndsAtHour), -1);
  return {
    post: postCommand(origin, storeTime(nowMs, timeZone)),
    generate: `npm run -s daybook -- generate --from ${yesterday} --to ${yesterday} --rate 5 --to-http ${origin}`,
  };
}

function postCommand(origin: string, now: string): string {
  return `curl -H 'content-type: application/json' ${origin}/api/v1/records -d '{
  "ts_id": "${newId()}", "ts": "${now}",
  "customer_id": "CG-12520", "customer_name": "Claire Gute", "segment": "Consumer",
  "country": "United States", "city": "Henderson", "category": "Furniture", "sub_category": "Chairs",
  "product_name": "Stacking chair", "price": 120.5, "quantity": 2, "discount": "0.1",
  "revenue": 241, "profit": 216.9, "latitude": 37.8363, "longitude": -87.5901 }'`;
}

/** Browsers make UUIDs only on pages that came over HTTPS or from this machine. */
function newId(): string {
  return 'randomUUID' in crypto ? crypto.randomUUID() : '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5';
}
