import { DaybookError } from '../../base/errors.ts';

/** Bytes of memory that may be held at one time, by however many. */
export class ByteBudget {
  readonly #bytesMax: number;
  #takenBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** A claim on none of it, to begin with. */
  open(): ByteClaim {
    let ownBytes = 0;
    return {
      grow: (bytes) => {
        if (this.#takenBytes + bytes > this.#bytesMax) throw this.#exhausted();
        this.#takenBytes += bytes;
        ownBytes += bytes;
      },
      keep: (bytes) => {
        this.#takenBytes -= ownBytes - bytes;
        ownBytes = bytes;
      },
    };
  }

  #exhausted(): DaybookError {
    return new DaybookError(
      'INTAKE_FULL',
      `Requests of ${this.#takenBytes} bytes are being read already; send the records again in a second.`,
      { retryable: true, details: { takenBytes: this.#takenBytes, bytesMax: this.#bytesMax } },
    );
  }
}

/** What one holder has of a budget. */
export interface ByteClaim {
  /**
   * Takes so many more, before they are held.
   * @throws DaybookError `INTAKE_FULL` (retryable) when that would be more than there are; the claim is as it was
   */
  grow(bytes: number): void;
  /** Gives all back but so many, which may not be more than there are. The claim may grow again. */
  keep(bytes: number): void;
}
