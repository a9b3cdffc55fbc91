import { pino } from 'pino';
import { zoneOffsets } from '../../base/zone-offsets.ts';
import { framesTopic } from '../../compile/kafka/topics.ts';
import { sparkSql } from '../../compile/spark/spark.ts';
import type { Plan } from '../../plan/plan.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import type { Clock } from '../../ports/clock.ts';
import { openTopicProducer } from '../../sources/kafka/producer.ts';
import { topicId } from '../../sources/kafka/topics.ts';
import { parseSparkAddress } from '../../spark/connect/address.ts';
import { SparkSession } from '../../spark/connect/session.ts';
import { ReportsQuery } from '../../spark/supervisor/reports-query.ts';
import type { Announcement } from '../../spark/supervisor/announcer.ts';
import { Supervisor } from '../../spark/supervisor/supervisor.ts';
import { kafkaConnection } from '../kafka-connection.ts';
import { secretOf } from '../machine/secrets.ts';
import { runGroupSessions } from './group-sessions.ts';
import { sparkKafkaOptions } from './spark-kafka.ts';

const USER = 'daybook';

export interface RunSparkOptions {
  readonly plan: Plan;
  /** Brokers, as `kafkaConnection` takes them. */
  readonly kafka: string;
  /** `sc://host:port` */
  readonly spark: string;
  /** A folder's URI. */
  readonly checkpoints: string;
  readonly statePartitions: number;
  readonly clock: Clock;
  readonly logLevel: string;
  readonly leaveRunning: boolean;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
}

/**
 * Keeps the reports' query running in Spark until the signal. Of several that are started the one supervises that a
 * consumer group gives the topic of frames; the others wait to go on in its place.
 * @throws DaybookError what cannot succeed later
 */
export async function runSpark(options: RunSparkOptions): Promise<void> {
  const { plan, clock, logLevel, signal } = options;
  const logger = pino({ level: logLevel, base: { spark: options.spark } }, process.stderr);
  const connection = kafkaConnection(options.kafka);
  const address = parseSparkAddress(options.spark, secretOf('DAYBOOK_SPARK_TOKEN'));
  const sql = sparkSql(plan, zoneOffsets(plan.stream.timeZone));
  const { checkpoints, statePartitions } = options;
  const idNow = (): Promise<string> => topicId(connection, plan.stream.name);
  const topics = { frames: framesTopic(plan), days: daysTopic(plan) };
  const group = {
    connection,
    clientId: 'daybook-spark',
    groupId: `daybook-spark-${plan.stream.name}`,
    topics: [topics.frames],
    clock,
    logger,
    ended: signal,
  };
  await using producer = openTopicProducer(connection, 'daybook-spark');
  await runGroupSessions(group, async ({ reader, ended }) => {
    const send = async (messages: readonly Announcement[]): Promise<void> => {
      await producer.send(
        messages.map(({ topic, key, value }) => ({ topic, key: Buffer.from(key), value: Buffer.from(value) })),
      );
    };
    const supervisor = new Supervisor({
      plan,
      query: new ReportsQuery({
        plan,
        sql,
        topicId: await idNow(),
        kafka: sparkKafkaOptions(connection),
        checkpoints,
        statePartitions,
      }),
      openSession: (sessionId) => new SparkSession({ address, sessionId, user: USER, clock }),
      topicId: idNow,
      topics,
      reader,
      send,
      clock,
      logger,
      isQueryToStop: () => signal.aborted && !options.leaveRunning,
    });
    await supervisor.run(ended);
  });
}
