import type { Engine } from '../../src/engine/engine.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Frame } from '../../src/ports/rows.ts';
import type { Acceptance } from '../../src/ports/runtime.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import type { FaultyDisk } from '../disk/faulty-disk.ts';
import type { Batch } from './batches.ts';
import { intakeOf } from './batches.ts';
import { scheduledDisk } from './scheduled-disk.ts';
import { simulatedDayFiles } from './simulated-day-files.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { Turns } from './turns.ts';

/** A call of `accept`; calls are numbered in their order. */
export interface Call {
  readonly number: number;
  readonly batch: Batch;
}

/** What came back from a call. */
export type Settled = Call & ({ readonly answer: Acceptance } | { readonly error: unknown });

/** How a Daybook is opened besides its plan. */
export interface LifeOptions {
  readonly segmentBytesMax: number;
  readonly stateBytesMax: number;
  readonly hasDayFiles: boolean;
}

/** One process from its start to its death: the real engine and log, with a disk and a clock that somebody else moves. */
export class DaybookLife {
  readonly turns = new Turns();
  readonly clock: SimulatedClock;
  engine: Engine | undefined;
  /** Why it did not start. */
  failure: unknown;
  isClosing = false;
  #calls = 0;
  #pending: Call[] = [];
  #settled: Settled[] = [];
  #frames: Frame[] = [];

  constructor(plan: Plan, disk: FaultyDisk, nowMs: number, options: LifeOptions) {
    this.clock = new SimulatedClock(nowMs);
    const { hasDayFiles, ...rest } = options;
    const waiting = scheduledDisk(disk, this.turns);
    const dayFiles = hasDayFiles ? { dayFiles: simulatedDayFiles(waiting) } : {};
    void openEmbedded({ plan, disk: waiting, clock: this.clock, ...dayFiles, ...rest }).then(
      (engine) => {
        engine.subscribe((frame) => this.#frames.push(frame));
        this.engine = engine;
      },
      (error: unknown) => {
        this.failure = error;
      },
    );
  }

  /** Calls that were neither answered nor refused, in their order. */
  get pending(): readonly Call[] {
    return this.#pending;
  }

  /** Hands a batch over. */
  send(engine: Engine, batch: Batch): void {
    const call = { number: ++this.#calls, batch };
    this.#pending.push(call);
    const settle = (settled: Settled): void => {
      this.#pending = this.#pending.filter(({ number }) => number !== call.number);
      this.#settled.push(settled);
    };
    void engine.accept(intakeOf(batch)).then(
      (answer) => settle({ ...call, answer }),
      (error: unknown) => settle({ ...call, error }),
    );
  }

  close(engine: Engine): Promise<void> {
    this.isClosing = true;
    return engine.close();
  }

  /** What came back since the last call, in the order in which it came. */
  takeSettled(): readonly Settled[] {
    return this.#settled.splice(0);
  }

  /** The frames that came since the last call. */
  takeFrames(): readonly Frame[] {
    return this.#frames.splice(0);
  }
}
