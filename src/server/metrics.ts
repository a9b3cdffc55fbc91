import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PipelineDetails } from '../ports/pipeline.ts';
import type { RuntimeStatus } from '../ports/runtime.ts';
import type { RouteContext } from './server.ts';

const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** `GET /metrics` in the Prometheus text format. What cannot be read at present is left out; those of the process never are. */
export function addMetrics(app: FastifyInstance, { runtime, bodies }: RouteContext): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const ready = new Gauge({
    name: 'daybook_ready',
    help: '1 when records can be accepted',
    registers: [registry],
  });
  const ofStatus = statusMetrics();
  const ofPipeline = pipelineMetrics();
  const durations = new Histogram({
    name: 'daybook_http_request_duration_seconds',
    help: 'Time from request to answer',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode };
    durations.observe(labels, reply.elapsedTime / 1000);
  });
  const reading = new Gauge({
    name: 'daybook_intake_reading_bytes',
    help: 'Room that requests take which are being read, unpacked or answered',
    registers: [registry],
  });
  app.get('/metrics', async (request, reply) => {
    const [status, pipeline] = await Promise.allSettled([runtime.status(), runtime.pipeline()]);
    reading.set(bodies.takenBytes);
    ready.set(status.status === 'fulfilled' && status.value.trouble === undefined ? 1 : 0);
    const registries = [registry];
    if (status.status === 'fulfilled') registries.push(ofStatus(status.value));
    else request.log.warn({ err: status.reason }, 'metrics go without what the runtime has counted');
    if (pipeline.status === 'fulfilled') registries.push(ofPipeline(pipeline.value));
    else request.log.warn({ err: pipeline.reason }, 'metrics go without how far behind everything is');
    const texts = await Promise.all(registries.map((each) => each.metrics()));
    return reply.type(registry.contentType).send(texts.join('\n'));
  });
}

/** The runtime's figures; they are set when somebody asks, as they are counted where they arise. */
function statusMetrics(): (status: RuntimeStatus) => Registry {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name: `daybook_${name}`, help, registers });
  const gauge = (name: string, help: string): Gauge => new Gauge({ name: `daybook_${name}`, help, registers });
  const accepted = counter('records_accepted_total', 'Records in the reports');
  const duplicates = counter('records_duplicate_total', 'Repeats that were left out');
  const quarantined = counter('records_quarantined_total', 'Records in the quarantine');
  const amendments = counter('amendments_total', 'Changes of rows whose day was closed');
  const offset = gauge('log_next_offset', 'The offset of the next record');
  const bytes = gauge('log_bytes', 'Size of the log');
  const segments = gauge('log_segments', 'Segment files of the log');
  const pending = gauge('intake_pending_bytes', 'Bytes that wait for the disk');
  const lag = new Gauge({
    name: 'daybook_source_lag_records',
    help: 'Records that are in a source and not taken in yet',
    labelNames: ['source'],
    registers,
  });
  const engine = gauge('engine_running', '1 when the engine keeps the reports; not a number when it does not say');
  return (status) => {
    for (const [metric, value] of [
      [accepted, status.accepted],
      [duplicates, status.duplicates],
      [quarantined, status.quarantined],
      [amendments, status.amendments],
    ] as const) {
      metric.reset();
      metric.inc(value);
    }
    offset.set(status.offset);
    bytes.set(status.log.bytes);
    segments.set(status.log.segments);
    pending.set(status.pendingBytes);
    for (const source of status.sources) {
      if (source.lag !== null) lag.set({ source: source.name }, source.lag);
    }
    engine.set(status.engine === undefined ? Number.NaN : status.engine.state === 'running' ? 1 : 0);
    return registry;
  };
}

/** How far behind everything is: what is to be read of a topic by each group that reads it, and what of it is not yet shown. */
function pipelineMetrics(): (pipeline: PipelineDetails) => Registry {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['group', 'topic', 'partition'];
  const lag = new Gauge({
    name: 'daybook_consumer_lag_messages',
    help: 'Messages of a partition that a consumer group has not worked off yet',
    labelNames,
    registers,
  });
  const workedOff = new Counter({
    name: 'daybook_consumer_offset_total',
    help: 'Offset up to which a consumer group has worked off a partition',
    labelNames,
    registers,
  });
  const behind = new Gauge({
    name: 'daybook_lag_records',
    help: 'Records that were handed over and are not in the reports yet',
    registers,
  });
  const freshness = new Gauge({
    name: 'daybook_freshness_p99_seconds',
    help: 'From a record coming in until a frame shows it, of 99 of 100 lately; not a number when none came',
    registers,
  });
  return ({ consumers, moments }) => {
    for (const metric of [lag, workedOff]) metric.reset();
    for (const { group, topic, partition, committed, next } of consumers) {
      const labels = { group, topic, partition };
      lag.set(labels, Math.max(0, next - committed));
      workedOff.inc(labels, committed);
    }
    const moment = moments.at(-1);
    behind.set(moment?.lagRecords ?? 0);
    freshness.set(moment?.freshnessP99Ms === undefined ? Number.NaN : moment.freshnessP99Ms / 1000);
    return registry;
  };
}
