import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { tableFromIPC } from 'apache-arrow';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SparkAddress } from './address.ts';
import { firstLines, sparkError } from './errors.ts';
import type { CommandSchema, StreamingQueryCommandResult } from './protocol/commands_pb.ts';
import { WriteOperation_SaveMode } from './protocol/commands_pb.ts';
import type { ExecutePlanResponse, PlanSchema } from './protocol/base_pb.ts';
import { ExecutePlanRequestSchema, InterruptRequest_InterruptType, SparkConnectService } from './protocol/base_pb.ts';
import type { Relation } from './relations.ts';
import { query } from './relations.ts';

/** How long a call may take unless it says otherwise. A query's start plans it, which takes seconds on a busy server. */
const CALL_MS_MAX = 60_000;
/** A connection that answers no ping is given up, else a call would wait out its deadline. */
const PING_EVERY_MS = 10_000;
const CLIENT_TYPE = 'daybook';

/** A streaming query: `id` is its checkpoint's, `runId` this run's. */
export interface StreamingQuery {
  readonly id: string;
  readonly runId: string;
  readonly name: string;
}

/** A query's state, now. */
export interface StreamingStatus {
  readonly isActive: boolean;
  readonly isDataAvailable: boolean;
  readonly isTriggerActive: boolean;
  readonly message: string;
}

export interface SparkOptions {
  readonly address: SparkAddress;
  /** A UUID. A client with the same user and session sees the same queries, views and settings. */
  readonly sessionId: string;
  readonly user: string;
  readonly clock: Clock;
}

/** What a stream is written with; `options` are those of the sink's format, with its `checkpointLocation`. */
export interface StreamStart {
  readonly input: Relation;
  readonly name: string;
  readonly format: string;
  readonly options: Readonly<Record<string, string>>;
  readonly outputMode: 'append' | 'update' | 'complete';
}

type Command = NonNullable<MessageInitShape<typeof CommandSchema>['commandType']>;
type QueryCommand = NonNullable<Extract<Command, { case: 'streamingQueryCommand' }>['value']['command']>;

/**
 * A session of a Spark Connect server. Nothing is sent before the first call, and none of them is tried again here: a
 * call that fails says by its error's code whether it may be (see `sparkError`).
 */
export class SparkSession {
  readonly #options: SparkOptions;
  readonly #connection: Http2SessionManager;
  readonly #client: Client<typeof SparkConnectService>;

  constructor(options: SparkOptions) {
    this.#options = options;
    const { baseUrl, token } = options.address;
    this.#connection = new Http2SessionManager(baseUrl, { pingIntervalMs: PING_EVERY_MS });
    this.#client = createClient(
      SparkConnectService,
      createGrpcTransport({
        baseUrl,
        sessionManager: this.#connection,
        interceptors: [
          (next) => (request) => {
            if (token !== undefined) request.header.set('Authorization', `Bearer ${token}`);
            return next(request);
          },
        ],
      }),
    );
  }

  /** Closes the connection. The session stays on the server, with its queries. */
  close(): void {
    this.#connection.abort();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Ends the session on the server, and with it all of its queries. */
  async release(): Promise<void> {
    await this.#call('end its session', () => this.#client.releaseSession(this.#caller(), { timeoutMs: CALL_MS_MAX }));
  }

  /** Changes settings of the session; queries that are started later have them. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }));
    await this.#call('take settings', () =>
      this.#client.config(
        {
          ...this.#caller(),
          operation: { opType: { case: 'set', value: { pairs } } },
        },
        { timeoutMs: CALL_MS_MAX },
      ),
    );
  }

  /** Runs a query and gives its rows by column name; whole numbers of 64 bits are bigints, as Arrow gives them. */
  async rows(input: Relation | string, msMax = CALL_MS_MAX): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const root = typeof input === 'string' ? query(input) : input;
    const rows: Readonly<Record<string, unknown>>[] = [];
    await this.#execute({ opType: { case: 'root', value: root } }, 'run a query', msMax, ({ responseType }) => {
      if (responseType.case !== 'arrowBatch') return;
      const table = tableFromIPC(responseType.value.data);
      for (let index = 0; index < table.numRows; index++) {
        rows.push(table.get(index)?.toJSON() as Readonly<Record<string, unknown>>);
      }
    });
    return rows;
  }

  /** Makes, or makes anew, a view of the session. */
  async createView(name: string, input: Relation): Promise<void> {
    const command = { case: 'createDataframeView' as const, value: { input, name, isGlobal: false, replace: true } };
    await this.#command(command, `make the view '${name}'`);
  }

  /** Appends rows to where `format` and `options` say. */
  async append(
    input: Relation,
    format: string,
    options: Readonly<Record<string, string>>,
    msMax: number,
  ): Promise<void> {
    const write = { input, source: format, mode: WriteOperation_SaveMode.APPEND, options };
    await this.#command({ case: 'writeOperation', value: write }, `write to ${format}`, msMax);
  }

  /**
   * Starts a streaming query; it runs on when this client is gone, as long as the session is there.
   * @throws DaybookError `SPARK_QUERY_RUNS` when the session has a query of this name already
   */
  async start({ input, name, format, options, outputMode }: StreamStart): Promise<StreamingQuery> {
    let started: StreamingQuery | undefined;
    const value = { input, queryName: name, format, options, outputMode };
    try {
      await this.#command(
        { case: 'writeStreamOperationStart', value },
        `start the query '${name}'`,
        CALL_MS_MAX,
        ({ responseType }) => {
          if (responseType.case !== 'writeStreamOperationStartResult') return;
          const { queryId } = responseType.value;
          if (queryId !== undefined) started = { id: queryId.id, runId: queryId.runId, name };
        },
      );
    } catch (error) {
      if (error instanceof DaybookError && /query with that name is already active/.test(error.message)) {
        throw new DaybookError('SPARK_QUERY_RUNS', `Spark runs the query '${name}' already.`, { cause: error });
      }
      throw error;
    }
    return answered(started, `start the query '${name}'`);
  }

  /** The session's queries that run. */
  async queries(): Promise<readonly StreamingQuery[]> {
    const found: StreamingQuery[] = [];
    const value = { command: { case: 'active' as const, value: true } };
    await this.#command(
      { case: 'streamingQueryManagerCommand', value },
      'list its queries',
      CALL_MS_MAX,
      ({ responseType }) => {
        if (responseType.case !== 'streamingQueryManagerCommandResult') return;
        const { resultType } = responseType.value;
        if (resultType.case !== 'active') return;
        for (const { id, name } of resultType.value.activeQueries) {
          if (id !== undefined) found.push({ id: id.id, runId: id.runId, name: name ?? '' });
        }
      },
    );
    return found;
  }

  async status(streaming: StreamingQuery): Promise<StreamingStatus> {
    const answer = await this.#queryCommand(streaming, { case: 'status', value: true }, 'say how its query is');
    if (answer.resultType.case !== 'status') throw noAnswer('say how its query is');
    const { isActive, isDataAvailable, isTriggerActive, statusMessage } = answer.resultType.value;
    return { isActive, isDataAvailable, isTriggerActive, message: statusMessage };
  }

  /** The newest batches that the server remembers, oldest first: Spark's progress events, as JSON. */
  async recentProgress(streaming: StreamingQuery): Promise<readonly string[]> {
    return this.#progress(streaming, { case: 'recentProgress', value: true });
  }

  /** The newest one of them; undefined when there is none yet. */
  async lastProgress(streaming: StreamingQuery): Promise<string | undefined> {
    return (await this.#progress(streaming, { case: 'lastProgress', value: true })).at(-1);
  }

  /** Why a query ended; undefined when it runs, or was stopped. */
  async failure(streaming: StreamingQuery): Promise<DaybookError | undefined> {
    const answer = await this.#queryCommand(streaming, { case: 'exception', value: true }, 'say why its query ended');
    if (answer.resultType.case !== 'exception') return undefined;
    const { exceptionMessage, errorClass } = answer.resultType.value;
    if (exceptionMessage === undefined) return undefined;
    return new DaybookError(
      'SPARK_QUERY_FAILED',
      `The query '${streaming.name}' ended in Spark: ${firstLines(exceptionMessage)}`,
      { details: { ...(errorClass !== undefined && { condition: errorClass }), message: exceptionMessage } },
    );
  }

  /** Stops a query; what its last whole batch wrote stands, and a start with the same checkpoint goes on from there. */
  async stop(streaming: StreamingQuery): Promise<void> {
    await this.#queryCommand(streaming, { case: 'stop', value: true }, 'stop its query');
  }

  /** Waits for a query's end. @returns false when it still runs after `msMax` */
  async awaitEnd(streaming: StreamingQuery, msMax: number): Promise<boolean> {
    const answer = await this.#queryCommand(
      streaming,
      { case: 'awaitTermination', value: { timeoutMs: BigInt(msMax) } },
      'wait for its query’s end',
      msMax + CALL_MS_MAX,
    );
    return answer.resultType.case === 'awaitTermination' && answer.resultType.value.terminated;
  }

  /** Waits until a query has taken in all that its sources have. */
  async processAllAvailable(streaming: StreamingQuery, msMax: number): Promise<void> {
    const command = { case: 'processAllAvailable' as const, value: true };
    await this.#queryCommand(streaming, command, 'take in what there is', msMax);
  }

  async #progress(streaming: StreamingQuery, command: QueryCommand): Promise<readonly string[]> {
    const { resultType } = await this.#queryCommand(streaming, command, 'tell of its query’s batches');
    return resultType.case === 'recentProgress' ? resultType.value.recentProgressJson : [];
  }

  async #queryCommand(
    { id, runId }: StreamingQuery,
    command: QueryCommand,
    what: string,
    msMax = CALL_MS_MAX,
  ): Promise<StreamingQueryCommandResult> {
    let result: StreamingQueryCommandResult | undefined;
    const value = { queryId: { id, runId }, command };
    await this.#command({ case: 'streamingQueryCommand', value }, what, msMax, ({ responseType }) => {
      if (responseType.case === 'streamingQueryCommandResult') result = responseType.value;
    });
    return answered(result, what);
  }

  async #command(
    commandType: Command,
    what: string,
    msMax = CALL_MS_MAX,
    onAnswer: (answer: ExecutePlanResponse) => void = () => undefined,
  ): Promise<void> {
    await this.#execute({ opType: { case: 'command', value: { commandType } } }, what, msMax, onAnswer);
  }

  async #execute(
    plan: MessageInitShape<typeof PlanSchema>,
    what: string,
    msMax: number,
    onAnswer: (answer: ExecutePlanResponse) => void,
  ): Promise<void> {
    const operationId = randomUUID();
    const request = create(ExecutePlanRequestSchema, { ...this.#caller(), operationId, plan });
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + msMax;
    try {
      await this.#call(what, async () => {
        try {
          for await (const answer of this.#client.executePlan(request, { timeoutMs: msMax })) onAnswer(answer);
        } catch (error) {
          throw clock.nowMs() < untilMs ? error : atDeadline(error);
        }
      });
    } catch (error) {
      // Nobody waits for it any more, but Spark would go on.
      if (error instanceof DaybookError && error.code === 'SPARK_TOO_SLOW') await this.#interrupt(operationId);
      throw error;
    }
  }

  async #interrupt(operationId: string): Promise<void> {
    await this.#call('give up what takes too long', () =>
      this.#client.interrupt(
        {
          ...this.#caller(),
          interruptType: InterruptRequest_InterruptType.OPERATION_ID,
          interrupt: { case: 'operationId', value: operationId },
        },
        { timeoutMs: CALL_MS_MAX },
      ),
    );
  }

  #caller(): {
    readonly sessionId: string;
    readonly userContext: { readonly userId: string };
    readonly clientType: string;
  } {
    const { sessionId, user } = this.#options;
    return { sessionId, userContext: { userId: user }, clientType: CLIENT_TYPE };
  }

  async #call<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw sparkError(error, what, this.#options.address.shown);
    }
  }
}

/** What ended behind the deadline. The server knows it as well, and may take the answer away before it is noticed here: no broken connection. */
function atDeadline(error: unknown): unknown {
  const { code, message } = ConnectError.from(error);
  return code === Code.Canceled ? new ConnectError(message, Code.DeadlineExceeded) : error;
}

function answered<T>(answer: T | undefined, what: string): T {
  if (answer === undefined) throw noAnswer(what);
  return answer;
}

function noAnswer(what: string): DaybookError {
  return new DaybookError('SPARK_FAILED', `Spark was asked to ${what} and answered something else.`);
}
