/** Time, handed in so that tests and simulations can own it. */
export interface Clock {
  /** Unix time in ms, UTC. */
  nowMs(): number;
  /** Resolves after so many ms, or as soon as the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
