/** A call that waits until it is let go. */
interface Waiting {
  readonly label: string;
  /** Does the work and tells the caller. */
  readonly go: () => void;
  /** Does the work and tells nobody. */
  readonly goUnheard: () => Promise<unknown>;
}

/**
 * The calls of one process that wait for the outside world. Whoever holds it lets them go, one at a time and in any
 * order; a process whose calls are never let go again is dead, and no line of its code runs any more.
 */
export class Turns {
  #waiting: Waiting[] = [];

  /** How many calls wait. */
  get count(): number {
    return this.#waiting.length;
  }

  /** What the waiting calls do, in the order in which they came. */
  get labels(): readonly string[] {
    return this.#waiting.map(({ label }) => label);
  }

  /** Does the work when its turn comes. */
  take<T>(label: string, work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#waiting.push({ label, go: () => resolve(work()), goUnheard: work });
    return promise;
  }

  /** Lets one of the waiting calls go. @returns what it does */
  go(index: number): string {
    const [waiting] = this.#waiting.splice(index, 1);
    if (waiting === undefined) throw new Error(`no call ${index} waits`);
    waiting.go();
    return waiting.label;
  }

  /**
   * Lets calls go, one by one, until some work is done.
   * @param next  says which of the waiting calls is let go
   */
  async run<T>(work: Promise<T>, next: () => number): Promise<T> {
    let isDone = false;
    const outcome = work.finally(() => {
      isDone = true;
    });
    outcome.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return outcome;
      if (this.count > 0) this.go(next());
    }
  }

  /** Ends the process. @returns the work that it had asked for */
  end(): readonly Pick<Waiting, 'label' | 'goUnheard'>[] {
    return this.#waiting.splice(0);
  }
}
