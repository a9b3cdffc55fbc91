import { useState } from 'react';
import { usePageState } from '../api/use-view.ts';

/** What to do while there are no sales at all; nothing once there are. */
export function FirstSteps() {
  const { newestDay } = usePageState();
  const [{ post, generate }] = useState(commands);
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

function commands(): { readonly post: string; readonly generate: string } {
  const { origin } = window.location;
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  return {
    post: postCommand(origin, today),
    generate: `npm run -s daybook -- generate --from ${today} --to ${today} --rate 5 --to-http ${origin}`,
  };
}

function postCommand(origin: string, today: string): string {
  return `curl -H 'content-type: application/json' ${origin}/api/v1/records -d '{
  "ts_id": "${newId()}", "ts": "${today} 10:11:12",
  "customer_id": "CG-12520", "customer_name": "Claire Gute", "segment": "Consumer",
  "country": "United States", "city": "Henderson", "category": "Furniture", "sub_category": "Chairs",
  "product_name": "Stacking chair", "price": 120.5, "quantity": 2, "discount": "0.1",
  "revenue": 241, "profit": 216.9, "latitude": 37.8363, "longitude": -87.5901 }'`;
}

/** Browsers make UUIDs only on pages that came over HTTPS or from this machine. */
function newId(): string {
  return 'randomUUID' in crypto ? crypto.randomUUID() : '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5';
}
