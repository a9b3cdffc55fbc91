/** What an error carries besides its sentence. */
export interface DaybookErrorOptions {
  /** Whether the same call may succeed later without anything being changed. */
  readonly retryable?: boolean;
  /** Facts for programs: file names, positions, limits. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error of the project. `code` is stable and for programs; `message` is a sentence for people that says what
 * failed, with which value, and what to do.
 */
export class DaybookError extends Error {
  override readonly name = 'DaybookError';
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: DaybookErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}
