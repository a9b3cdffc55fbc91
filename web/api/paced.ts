/** Runs a task when asked, one at a time and at most once in so many ms; what is asked meanwhile is done once, later. */
export class Paced {
  readonly #task: () => Promise<unknown>;
  readonly #intervalMs: number;
  #isWanted = false;
  #isBusy = false;
  #isClosed = false;

  constructor(task: () => Promise<unknown>, intervalMs: number) {
    this.#task = task;
    this.#intervalMs = intervalMs;
  }

  /** Asks for a run that begins after this call. */
  ask(): void {
    this.#isWanted = true;
    if (!this.#isBusy) void this.#run();
  }

  /** Begins no further run. */
  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      const pause = new Promise((resolve) => {
        setTimeout(resolve, this.#intervalMs);
      });
      await Promise.allSettled([this.#task(), pause]);
    }
    this.#isBusy = false;
  }
}
