import { counted } from '../../base/counted.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ConsumerPlace, PipelinePart } from '../../ports/pipeline.ts';
import type { RuntimeStatus } from '../../ports/runtime.ts';
import { sinkGroup } from './sink-group.ts';

/** What is known of the stack's parts. */
interface Known {
  readonly plan: Plan;
  readonly status: RuntimeStatus;
  readonly consumers: readonly ConsumerPlace[];
  /** Records of the stream's topic, and how many of them do not show in the reports yet. */
  readonly handed: number;
  readonly lagRecords: number;
}

/** What each part of the stack is doing, in the order of the data's way; last the groups of others that read the topics. */
export function stackParts(known: Known): readonly PipelinePart[] {
  const { plan, consumers, handed } = known;
  const own = (['postgres', 'cassandra'] as const).map((store) => sinkGroup(store, plan));
  const others = new Set(consumers.map(({ group }) => group).filter((group) => !own.includes(group)));
  const [postgres = '', cassandra = ''] = own;
  return [
    { name: 'Kafka', state: 'idle', doing: `${counted(handed, 'record')} handed over` },
    sparkPart(known),
    groupPart('Sink of PostgreSQL', postgres, consumers) ?? missing('Sink of PostgreSQL', 'daybook sink postgres'),
    groupPart('Sink of Cassandra', cassandra, consumers) ?? missing('Sink of Cassandra', 'daybook sink cassandra'),
    ...[...others].sort().flatMap((group) => groupPart(group, group, consumers) ?? []),
  ];
}

function sparkPart({ status: { trouble, engine, accepted }, lagRecords }: Known): PipelinePart {
  const name = 'Spark';
  if (trouble !== undefined) return { name, state: 'trouble', doing: trouble };
  switch (engine?.state) {
    case 'silent':
      return { name, state: 'trouble', doing: 'Nothing is heard of daybook spark run; nobody keeps the reports' };
    case 'stopped':
      return { name, state: 'trouble', doing: engine.reason ?? 'The query is stopped; nobody keeps the reports' };
    case 'trouble':
      return { name, state: 'trouble', doing: `${engine.reason ?? 'The query does not run.'} Trying again` };
    case 'starting':
      return { name, state: 'working', doing: 'The query is being started' };
    case 'running':
    case undefined:
      return { name, ...atWork(accepted, lagRecords) };
  }
}

function atWork(accepted: number, lagRecords: number): Pick<PipelinePart, 'state' | 'doing'> {
  if (lagRecords === 0) return { state: 'idle', doing: `${counted(accepted, 'record')} in the reports` };
  const toCome = `${counted(lagRecords, 'record')} to come`;
  return accepted === 0
    ? { state: 'working', doing: `${toCome}; its first batch takes Spark up to a minute` }
    : { state: 'working', doing: `${toCome}, ${accepted} in the reports` };
}

function groupPart(name: string, group: string, consumers: readonly ConsumerPlace[]): PipelinePart | undefined {
  const own = consumers.filter((each) => each.group === group);
  if (own.length === 0) return undefined;
  const lag = own.reduce((sum, { committed, next }) => sum + Math.max(0, next - committed), 0);
  return { name, state: lag > 0 ? 'working' : 'idle', doing: `${counted(lag, 'message')} behind` };
}

function missing(name: string, command: string): PipelinePart {
  return { name, state: 'idle', doing: `Nothing was carried yet; if none runs, ${command} starts one` };
}
