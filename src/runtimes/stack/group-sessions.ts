import { DaybookError } from '../../base/errors.ts';
import type { GroupMember, TopicPartition, TopicPlace, TopicReader } from '../../ports/messages.ts';
import { joinGroup } from '../../sources/kafka/group-member.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';
import { openTopicReader } from '../../sources/kafka/topic-reader.ts';
import { untilAborted } from '../until-aborted.ts';
import type { Persistence } from './persistence.ts';

const COMMIT_EVERY_MS = 1_000;
/** How often it is looked for partitions that were added. */
const LOOK_EVERY_MS = 5_000;
const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 5_000;

/** The time in which a sink has the same partitions. */
export interface GroupSession extends Persistence {
  readonly partitions: readonly TopicPartition[];
  readonly reader: TopicReader;
  /** Notes how far they are worked off; the group is told within a second, and at the end. */
  readonly tell: (places: readonly TopicPlace[]) => void;
}

export interface GroupSessionsOptions extends Persistence {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  readonly groupId: string;
  readonly topics: readonly string[];
}

/**
 * Is a member of a consumer group until the signal `ended`: runs a session each time that the group gives it partitions, and
 * joins again when the membership is lost, or when topics have more partitions. A session begins where its store stands, so
 * whatever ended the one before, nothing is left out and nothing counts twice.
 * @throws what a session throws that cannot succeed later
 */
export async function runGroupSessions(
  options: GroupSessionsOptions,
  session: (session: GroupSession) => Promise<void>,
): Promise<void> {
  const { clock, logger, ended } = options;
  let waitMs = FIRST_WAIT_MS;
  while (!ended.aborted) {
    try {
      await using member = await joinGroup(options);
      await using reader = openTopicReader(options.connection, options.clientId);
      logger.info({ group: options.groupId }, 'joined the group');
      while (!ended.aborted) {
        const assignment = await member.assignment(ended);
        await runSession(options, session, member, reader, {
          partitions: assignment.partitions,
          ended: AbortSignal.any([ended, assignment.ended]),
        });
        waitMs = FIRST_WAIT_MS;
      }
    } catch (error) {
      if (!(error instanceof DaybookError) || !error.retryable) throw error;
      logger.warn({ code: error.code, reason: error.message, waitMs }, 'the membership ended; joining again');
      await clock.sleep(waitMs, ended);
      waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
    }
  }
}

async function runSession(
  { clock, logger }: GroupSessionsOptions,
  session: (session: GroupSession) => Promise<void>,
  member: GroupMember,
  reader: TopicReader,
  { partitions, ended }: { readonly partitions: readonly TopicPartition[]; readonly ended: AbortSignal },
): Promise<void> {
  logger.info({ partitions: partitions.map(({ topic, partition }) => `${topic}/${partition}`) }, 'partitions assigned');
  let told: readonly TopicPlace[] = [];
  let committed: readonly TopicPlace[] = [];
  // Only those who look at the lag depend on it, so a failure is no more than told.
  const commit = async (): Promise<void> => {
    const places = told;
    if (places === committed) return;
    try {
      await member.commit(places);
      committed = places;
    } catch (error) {
      logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'offsets were not committed');
    }
  };
  const stopped = new AbortController();
  const grown = new AbortController();
  const until = AbortSignal.any([ended, grown.signal]);
  const commitNowAndThen = async (): Promise<void> => {
    const quiet = AbortSignal.any([until, stopped.signal]);
    let lookAtMs = clock.nowMs() + LOOK_EVERY_MS;
    while (!quiet.aborted) {
      await clock.sleep(COMMIT_EVERY_MS, quiet);
      await commit();
      if (quiet.aborted || clock.nowMs() < lookAtMs) continue;
      lookAtMs = clock.nowMs() + LOOK_EVERY_MS;
      if (await hasMorePartitions(member, logger)) grown.abort();
    }
  };
  const committing = commitNowAndThen();
  try {
    if (partitions.length === 0) await untilAborted(until);
    else await session({ partitions, reader, tell: (places) => (told = places), clock, logger, ended: until });
  } finally {
    stopped.abort();
    await committing;
    await commit();
  }
  if (!grown.signal.aborted || ended.aborted) return;
  throw new DaybookError('PARTITIONS_ADDED', 'Topics have more partitions now.', { retryable: true });
}

/** A failure is looked at again, and what reads the topics tells of it. */
async function hasMorePartitions(member: GroupMember, logger: Persistence['logger']): Promise<boolean> {
  try {
    return await member.hasMorePartitions();
  } catch (error) {
    logger.debug({ reason: error instanceof Error ? error.message : String(error) }, 'partitions were not looked at');
    return false;
  }
}
