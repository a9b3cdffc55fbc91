import type { Plan } from '../../src/plan/plan.ts';
import { framesTopic } from '../../src/compile/kafka/topics.ts';
import { messagesBetween } from '../../src/ports/messages-between.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';

/** When a product's first row was made and announced, in ms of the wall clock. */
export interface MadeRow {
  /** When Spark began the batch. */
  readonly begunMs: number;
  /** When the row was sent to its topic. */
  readonly sentMs: number;
  /** When it was announced that all rows of the batch are in their topics. */
  readonly announcedMs: number;
}

/**
 * Reads from Kafka when the first row of each product was made that somebody asks for.
 * @param report  whose rows have a `product_name`
 */
export async function madeRows(kafka: string, plan: Plan, report: string): Promise<ReadonlyMap<string, MadeRow>> {
  await using reader = openTopicReader({ bootstrapBrokers: [kafka] }, 'bench');
  const announced: { readonly frame: number; readonly atMs: number }[] = [];
  const rows = new Map<string, Omit<MadeRow, 'announcedMs'>>();
  for (const extent of await reader.extents([report, framesTopic(plan)])) {
    for await (const messages of messagesBetween(reader, extent, extent.firstOffset, extent.endOffset)) {
      for (const { value, timestampMs } of messages) {
        const { frame = 0, product_name: name } = JSON.parse(Buffer.from(value ?? '{}').toString()) as {
          readonly frame?: number;
          readonly product_name?: string;
        };
        if (name === undefined) announced.push({ frame, atMs: timestampMs });
        else if (!rows.has(name)) rows.set(name, { begunMs: frame / 1000, sentMs: timestampMs });
      }
    }
  }
  // Signs of life tell a frame again; the first message of it, or of a later one, is what counts.
  announced.sort((a, b) => a.atMs - b.atMs);
  return new Map(
    [...rows].flatMap(([name, row]) => {
      const told = announced.find(({ frame }) => frame >= row.begunMs * 1000);
      return told === undefined ? [] : [[name, { ...row, announcedMs: told.atMs }] as const];
    }),
  );
}
