import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { ExistingTopic, KafkaMigration } from './migration.ts';
import { topicMigration } from './migration.ts';
import { kafkaTopics } from './topics.ts';

const plan = makePlan(daybook);

/** A cluster that has all of it, with what a broker sets besides. */
function existing(change: Readonly<Record<string, Partial<ExistingTopic>>> = {}): readonly ExistingTopic[] {
  return kafkaTopics(plan).map(({ name, partitions, config }) => {
    return { name, partitions, replicas: 1, config: { 'compression.type': 'producer', ...config }, ...change[name] };
  });
}

function migrate(there: readonly ExistingTopic[], partitions?: number): KafkaMigration {
  const wanted = kafkaTopics(plan, partitions === undefined ? {} : { partitions });
  return topicMigration(wanted, there, partitions !== undefined);
}

const NOTHING = { create: [], morePartitions: [], configure: [], notes: [], refusals: [] };

describe("Kafka's topics", () => {
  it.each([
    ['furniture-store', daybook],
    ['every-measure', everyMeasure],
  ])('are those of %s, as they were looked over', async (name, definition) => {
    const text = `${JSON.stringify(kafkaTopics(makePlan(definition)), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`./${name}.golden.json`);
  });

  it('are all created in an empty cluster, the stream with as many partitions as were asked for', () => {
    const { create, refusals } = migrate([], 3);
    expect(create.map(({ name, partitions }) => [name, partitions])).toEqual([
      ['daily_records', 3],
      ['daily_pu_rev', 3],
      ['daily_category_product', 3],
      ['daily_address', 3],
      ['daily_records_quarantine', 1],
      ['daily_records_frames', 1],
      ['daily_records_days', 1],
    ]);
    expect(refusals).toEqual([]);
  });

  it('stay as they are where all is there, however many partitions they have', () => {
    expect(migrate(existing())).toEqual(NOTHING);
    expect(migrate(existing({ daily_records: { partitions: 24 }, daily_address: { partitions: 1 } }))).toEqual(NOTHING);
  });

  it('get more partitions for the stream alone, and never fewer', () => {
    expect(migrate(existing(), 12).morePartitions).toEqual([{ name: 'daily_records', partitions: 12 }]);
    const { morePartitions, refusals } = migrate(existing(), 2);
    expect(morePartitions).toEqual([]);
    expect(refusals).toEqual([
      'daily_records has 6 partitions, and fewer would lose what the others hold. Ask for at least 6 (--partitions 6)',
    ]);
  });

  it('are not compacted, or no longer so, when that would take messages away', () => {
    const old = { config: { 'cleanup.policy': 'delete' } };
    const { refusals, configure } = migrate(
      existing({ daily_pu_rev: old, daily_records: { config: { 'cleanup.policy': 'compact' } } }),
    );
    expect(configure).toEqual([]);
    expect(refusals.map((each) => each.split(',')[0])).toEqual([
      'daily_records has cleanup.policy compact',
      'daily_pu_rev has cleanup.policy delete',
    ]);
  });

  it('keep records for ever, when they were kept for a week before', () => {
    const week = { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'retention.bytes': '-1' };
    const { configure, notes, refusals } = migrate(existing({ daily_records: { config: week } }));
    expect(configure).toEqual([{ name: 'daily_records', config: { 'retention.ms': '-1' } }]);
    expect(notes).toEqual(['daily_records: retention.ms is -1 instead of 604800000']);
    expect(refusals).toEqual([]);
  });
});
