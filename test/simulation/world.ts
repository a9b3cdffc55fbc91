import { daybook } from '../../daybook.config.ts';
import { DaybookError } from '../../src/base/errors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { Dice } from '../chance.ts';
import { FaultyDisk } from '../disk/faulty-disk.ts';
import type { Batch } from './batches.ts';
import { BatchMaker } from './batches.ts';
import type { LifeOptions } from './daybook-life.ts';
import { DaybookLife } from './daybook-life.ts';
import { readAll, readReports } from './readings.ts';
import { DAY_FOLDER } from './simulated-day-files.ts';
import { Witness } from './witness.ts';

const plan = makePlan(daybook);
/** Behind all sales that are made. */
const BEGINS_AT_MS = Date.parse('2026-05-10T12:00:00Z');
const DEATHS_MAX = 5;
const BATCHES_A_LIFE_MAX = 12;
const PENDING_MAX = 5;
/** So often nothing may happen while something is waited for. */
const IDLE_TURNS_MAX = 10_000;
/** After so much time, so often, a day that gets no more records rests; after the longer one a checkpoint is due, too. */
const RESTING_MS = [6_000, 66_000];
const RESTING_WAITS = 12;
const STEPS_SHOWN = 60;
const CLIENTS = 4;
/** What can be wrong with a disk: which of its calls fail, and how often. */
const ILLNESSES: readonly (readonly [what: string, isHit: RegExp, share: number])[] = [
  ['full', /^$/, 0],
  ['a call fails now and then', /^/, 0.02],
  ['many calls fail', /^/, 0.2],
  ['hardly anything becomes durable', /^(sync|truncate) /, 0.7],
  ['it takes nothing', /^(write|create|rename|truncate|remove|makeFolder) /, 0.5],
];

/**
 * A Daybook's world for one seed: a disk that fails, a clock, clients that retry, repeat, alter and reorder, and deaths.
 * The engine and the log are the real ones; all that happens to them is chosen by the seed, so it happens again when the
 * same seed is run again.
 */
export class World {
  readonly #dice: Dice;
  readonly #maker: BatchMaker;
  readonly #witness = new Witness();
  readonly #options: LifeOptions;
  readonly #isEverIll: boolean;
  #disk: FaultyDisk;
  #isIll = false;
  /** The disk has been ill in this process's life. */
  #wasIll = false;
  #nowMs = BEGINS_AT_MS;
  #life: DaybookLife;
  #wasChecked = false;
  /** The log as it once was, and how many records it had. */
  #oldLog: { readonly files: ReadonlyMap<string, Uint8Array>; readonly records: number } | undefined;
  /** Batches that clients will send again. */
  #again: Batch[] = [];
  #batchesLeft = 0;
  readonly #steps: string[] = [];

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    this.#maker = new BatchMaker(this.#dice);
    this.#disk = new FaultyDisk(this.#dice.chance);
    this.#options = {
      segmentBytesMax: this.#dice.pick([600, 3_000, 20_000, 2 ** 27]),
      // Next to nothing makes keys leave memory for files as often as they can.
      stateBytesMax: this.#dice.pick([1, 2 ** 29]),
      hasDayFiles: this.#dice.happens(0.7),
    };
    this.#isEverIll = this.#dice.happens(0.7);
    this.#life = new DaybookLife(plan, this.#disk, this.#nowMs, this.#options);
  }

  /** Lives through all of it. @throws Error what did not hold, with the last steps */
  async run(): Promise<void> {
    try {
      for (let deaths = this.#dice.whole(1, DEATHS_MAX); deaths > 0; deaths--) {
        await this.#live(this.#dice.pick([30, 100, 300]));
        this.#die();
      }
      await this.#end();
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${what}\nThe last steps:\n  ${this.#steps.slice(-STEPS_SHOWN).join('\n  ')}`, { cause });
    }
  }

  /** A process's life, of at most so many steps. */
  async #live(stepsMax: number): Promise<void> {
    this.#batchesLeft = this.#dice.whole(0, BATCHES_A_LIFE_MAX);
    // Some die just while their last batches are under way.
    const diesAtLast = this.#dice.pick([0, 0.2]);
    for (let steps = this.#dice.whole(0, stepsMax); steps > 0; steps--) {
      await this.#quiet();
      const { engine, failure, isClosing } = this.#life;
      if (failure !== undefined) return this.#notStarted(failure);
      if (engine !== undefined && !this.#wasChecked) await this.#checkStart(engine);
      if (engine !== undefined && this.#dice.happens(0.05)) this.#witness.shows(await readReports(engine));
      if (engine !== undefined && !isClosing && this.#dice.happens(0.01)) await this.#check(engine);
      if (!this.#step(engine)) return;
      if (this.#batchesLeft === 0 && this.#life.pending.length > 0 && this.#dice.happens(diesAtLast)) return;
    }
  }

  /** The end of the world: a disk that is well, and clients that send all that is left until it is answered. */
  async #end(): Promise<void> {
    this.#heal();
    const engine = await this.#opened();
    await this.#checkStart(engine);
    for (const batch of this.#again.splice(0)) this.#life.send(engine, batch);
    await this.#goOn(() => this.#life.pending.length === 0);
    if (this.#options.hasDayFiles) await this.#rest(engine);
    await this.#check(engine);
    if (this.#dice.happens(0.5)) await this.#until(this.#life.close(engine));
    // The log alone gives what the newest checkpoint and the log behind it give.
    this.#die();
    this.#heal();
    this.#witness.says(await this.#until(readAll(await this.#opened())));
    await this.#putOldLogBack();
    this.#die();
    this.#heal();
    for (const name of await this.#disk.list('checkpoints')) this.#disk.lose(`checkpoints/${name}`);
    this.#note('the checkpoints are lost');
    this.#witness.says(await this.#until(readAll(await this.#opened())));
  }

  /** A log from a copy is not taken for one that newer checkpoints know; nothing goes by it, so the present one can come back. */
  async #putOldLogBack(): Promise<void> {
    this.#die();
    this.#heal();
    const checkpoints = (await this.#disk.list('checkpoints')).filter((name) => name.endsWith('.checkpoint'));
    const newest = Number.parseInt(checkpoints.at(-1) ?? '0', 10);
    if (this.#oldLog === undefined || this.#oldLog.records >= newest) return;
    const present = this.#swapLog(this.#oldLog.files);
    this.#note('an old log is put back');
    const paths = this.#disk.paths;
    await this.#goOn(() => this.#life.engine !== undefined || this.#life.failure !== undefined);
    const { failure } = this.#life;
    if (!(failure instanceof DaybookError) || failure.code !== 'LOG_SHORTENED') {
      throw new Error(`A log of ${this.#oldLog.records} records is opened, though a checkpoint knows ${newest}.`, {
        cause: failure,
      });
    }
    this.#witness.nothingIsRemoved(paths, this.#disk.paths);
    this.#swapLog(present);
    this.#die();
    this.#heal();
    this.#witness.says(await this.#until(readAll(await this.#opened())));
  }

  /** Puts these files in the place of the log's. @returns the log's */
  #swapLog(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
    const before = this.#logFiles();
    for (const path of before.keys()) this.#disk.lose(path);
    for (const [path, bytes] of files) this.#disk.tamper(path, () => Uint8Array.from(bytes));
    return before;
  }

  #logFiles(): ReadonlyMap<string, Uint8Array> {
    const paths = this.#disk.paths.filter((path) => path.startsWith('log/'));
    return new Map(paths.map((path) => [path, Uint8Array.from(this.#disk.peek(path) ?? [])]));
  }

  /** Days that rest are written into their files; at first more comes while that is done. */
  async #rest(engine: Engine): Promise<void> {
    for (let waits = RESTING_WAITS; waits > 0; waits--) {
      this.#wait(this.#dice.pick(RESTING_MS));
      await this.#quiet();
      for (let turns = this.#dice.whole(0, 6); turns > 0 && this.#life.turns.count > 0; turns--) {
        this.#turn(0);
        await this.#quiet();
      }
      if (waits > RESTING_WAITS / 4) this.#life.send(engine, this.#maker.next(1));
      await this.#goOn(() => this.#life.turns.count === 0 && this.#life.pending.length === 0);
    }
    this.#witness.filesAreComplete(await this.#disk.list(DAY_FOLDER));
  }

  /** Something happens, as chance has it. @returns false when there is nothing that could */
  #step(engine: Engine | undefined): boolean {
    const { turns, pending, clock, isClosing } = this.#life;
    const open = isClosing ? undefined : engine;
    const canSend = open !== undefined && this.#batchesLeft > 0 && pending.length < PENDING_MAX;
    if (turns.count === 0 && !canSend && clock.wakesAtMs === undefined) return false;
    this.#dice.weighted<void>([
      [turns.count > 0 ? 20 : 0, () => this.#turn(this.#dice.happens(0.7) ? 0 : this.#dice.whole(0, turns.count - 1))],
      [canSend ? 5 : 0, () => this.#send(open as Engine)],
      [0.5, () => this.#wait(this.#dice.whole(0, 200))],
      [clock.wakesAtMs === undefined ? 0 : 0.5, () => this.#wait((clock.wakesAtMs ?? 0) - clock.nowMs())],
      [0.3, () => this.#wait(this.#dice.whole(50_000, 200_000))],
      [this.#isEverIll ? 0.4 : 0, () => (this.#isIll ? this.#heal() : this.#fallIll())],
      [open === undefined ? 0 : 0.05, () => this.#close(open as Engine)],
    ]);
    return true;
  }

  #turn(index: number): void {
    this.#note(this.#life.turns.go(index));
  }

  #wait(ms: number): void {
    this.#note(`${ms} ms pass`);
    this.#nowMs += ms;
    this.#life.clock.pass(ms);
  }

  #send(engine: Engine): void {
    this.#batchesLeft--;
    let batch = this.#maker.next(this.#dice.whole(1, CLIENTS));
    if (this.#again.length > 0 && this.#dice.happens(0.5)) {
      const [again = batch] = this.#again.splice(this.#dice.whole(0, this.#again.length - 1), 1);
      batch = this.#dice.happens(0.2) ? this.#maker.reordered(again) : again;
    }
    this.#note(`send ${batch.lines.length} lines, with ${this.#life.pending.length} batches under way`);
    this.#life.send(engine, batch);
  }

  #close(engine: Engine): void {
    this.#note('close');
    this.#life.close(engine).catch((error: unknown) => this.#note(`it does not close: ${String(error)}`));
  }

  #fallIll(): void {
    this.#isIll = true;
    this.#wasIll = true;
    const [what, isHit, share] = this.#dice.pick(ILLNESSES);
    if (what === 'full') {
      this.#disk.roomBytes = this.#dice.whole(0, 4_000);
      this.#note(`the disk has room for ${this.#disk.roomBytes} bytes`);
      return;
    }
    this.#note(`the disk falls ill: ${what}`);
    this.#disk.fails = (call) => {
      const fails = isHit.test(call) && this.#dice.happens(share);
      if (fails) this.#note(`it fails: ${call}`);
      return fails;
    };
  }

  #heal(): void {
    if (this.#isIll) this.#note('the disk is well');
    this.#isIll = false;
    this.#disk.roomBytes = Number.POSITIVE_INFINITY;
    this.#disk.fails = () => false;
  }

  /** The process dies in the middle of what it does, alone or with the machine's power, and another one is started. */
  #die(): void {
    const { turns, pending } = this.#life;
    for (const { label, goUnheard } of turns.end()) {
      // What was asked of the disk may still happen: all of it, or a part of what was written.
      const fate = this.#dice.pick(['not at all', 'not at all', 'in part', 'whole']);
      if (fate === 'not at all') continue;
      this.#note(`happens ${fate}: ${label}`);
      if (fate === 'in part') this.#disk.callsUntilCrash = 1;
      goUnheard().catch(() => undefined);
      this.#disk.callsUntilCrash = Number.POSITIVE_INFINITY;
    }
    this.#witness.died(pending);
    this.#again.push(...pending.filter(() => this.#dice.happens(0.9)).map(({ batch }) => batch));
    const powerGoes = this.#dice.happens(0.6);
    this.#note(powerGoes ? 'the power goes' : 'the process is killed');
    this.#disk = powerGoes ? this.#disk.crash() : this.#disk.restart();
    this.#damageCopies();
    this.#isIll = false;
    this.#wasIll = false;
    // Clocks are set, too.
    this.#nowMs += this.#dice.happens(0.05) ? -this.#dice.whole(0, 3_600_000) : this.#dice.whole(0, 10_000);
    this.#life = new DaybookLife(plan, this.#disk, this.#nowMs, this.#options);
    this.#wasChecked = false;
  }

  /** A bit turns in what can be computed again from the log, or its end is missing. */
  #damageCopies(): void {
    for (const folder of ['checkpoints', 'keys']) {
      const path = this.#dice.happens(0.1)
        ? this.#disk.paths.findLast((each) => each.startsWith(`${folder}/`))
        : undefined;
      if (path === undefined) continue;
      this.#note(`damaged: ${path}`);
      this.#disk.tamper(path, (bytes) => {
        const at = this.#dice.whole(0, bytes.length - 1);
        // Of most files only a short piece at the end is read by its own rules.
        if (this.#dice.happens(0.5)) return bytes.slice(0, Math.max(at, bytes.length - this.#dice.whole(1, 24)));
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#dice.whole(0, 7));
        return bytes;
      });
    }
  }

  /** A process may fail to start only for what the disk does to it. */
  #notStarted(error: unknown): void {
    this.#note(`it does not start: ${String(error)}`);
    const isOfDisk = error instanceof DaybookError && (error.code === 'DISK_FULL' || error.code === 'DISK_FAILED');
    if (!this.#wasIll || !isOfDisk) throw error;
  }

  /** Lets all code run that can, and takes what it came to. */
  async #quiet(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const { pending, engine } = this.#life;
    const refused = this.#witness.settled(this.#life.takeSettled(), pending);
    this.#again.push(...refused.filter(() => this.#dice.happens(0.8)));
    if (engine === undefined || !this.#wasChecked) return;
    for (const frame of this.#life.takeFrames()) this.#witness.sees(frame);
    if ((await engine.status()).trouble === undefined) this.#witness.allIsWell();
  }

  /** The process that was just started, once it is there. The disk must be well. */
  async #opened(): Promise<Engine> {
    await this.#goOn(() => this.#life.engine !== undefined || this.#life.failure !== undefined);
    if (this.#life.engine === undefined) throw this.#life.failure;
    return this.#life.engine;
  }

  /** Lets calls go until some work is done. The disk must be well. */
  async #until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const outcome = work.finally(() => {
      isDone = true;
    });
    outcome.catch(() => undefined);
    await this.#goOn(() => isDone);
    return outcome;
  }

  /** Lets calls go, and time pass, until something is so. */
  async #goOn(isSo: () => boolean): Promise<void> {
    for (let idle = 0; idle < IDLE_TURNS_MAX;) {
      await this.#quiet();
      if (isSo()) return;
      const { turns, clock } = this.#life;
      if (turns.count > 0) this.#turn(this.#dice.whole(0, turns.count - 1));
      else {
        idle++;
        if (clock.wakesAtMs !== undefined) this.#wait(clock.wakesAtMs - clock.nowMs());
      }
    }
    throw new Error('Daybook waits for something that never happens.');
  }

  async #checkStart(engine: Engine): Promise<void> {
    this.#heal();
    this.#witness.started(await this.#until(readAll(engine)));
    this.#wasChecked = true;
    if (this.#dice.happens(0.5)) this.#oldLog = { files: this.#logFiles(), records: this.#witness.model.sales.length };
    await this.#checkDayFiles(engine);
  }

  /** All that Daybook says, once nothing is under way. */
  async #check(engine: Engine): Promise<void> {
    this.#heal();
    await this.#goOn(() => this.#life.pending.length === 0);
    this.#witness.says(await this.#until(readAll(engine)));
    await this.#checkDayFiles(engine);
  }

  /** The files of days are there, and hold what their names say. */
  async #checkDayFiles(engine: Engine): Promise<void> {
    // Both as of one moment: files are replaced meanwhile.
    const [pipeline, names] = await Promise.all([this.#until(engine.pipeline()), this.#disk.list(DAY_FOLDER)]);
    this.#witness.filesAreThere(
      pipeline.dayFiles.map(({ name }) => name),
      names,
    );
    for (const name of await this.#disk.list(DAY_FOLDER)) {
      const bytes = this.#disk.peek(`${DAY_FOLDER}/${name}`) ?? new Uint8Array(0);
      this.#witness.files(name, Buffer.from(bytes).toString().split('\n').slice(0, -1));
    }
  }

  #note(step: string): void {
    this.#steps.push(step);
  }
}
