/** One line of the table: a thing that was measured. */
export interface Line {
  readonly what: string;
  readonly unit: 'records/s' | 'ms' | 'bytes/record' | 'MB';
  /** One a run; none: the note says why. */
  readonly values: readonly number[];
  /** How many times better Daybook was, one a run in which both were measured one after the other. */
  readonly ratios?: readonly number[];
  /** The largest resident set of any run. */
  readonly peakBytes?: number | undefined;
  readonly note?: string | undefined;
}

/** What a figure is given. */
export interface BenchContext {
  readonly runs: number;
  /** Measure the sizes that take hours, too. */
  readonly full: boolean;
  /** For what is kept from run to run: the sales, Python's packages. */
  readonly keepFolder: string;
  /** For data folders and the like; removed in the end. */
  readonly scratchFolder: string;
  /** Tells whoever waits what is going on. */
  readonly say: (sentence: string) => void;
}

/** What came out of a figure. */
export interface Outcome {
  readonly lines: readonly Line[];
  /** Of the rivals, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** One of the figures that `npm run bench` gives. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  /** How it is measured, in sentences. */
  readonly method: string;
  run(context: BenchContext): Promise<Outcome>;
}

/** How many times better, run by run: rates beside rates. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): readonly number[] {
  return ours.flatMap((value, run) => (theirs[run] === undefined ? [] : [value / theirs[run]]));
}
