/** What the stack is made of, in the order in which it is told. */
export const PARTS = ['kafka', 'spark', 'cassandra', 'postgres'] as const;

/** A part of the stack; one or several servers. */
export type Part = (typeof PARTS)[number];

/** One server process of a part, as it is started and started again; its data stays where it is. */
export interface Server {
  /** Such as `kafka-1`: unique in a stack, and the name of its log file. */
  readonly name: string;
  readonly part: Part;
  /** What clients, or the other servers, connect to; it answers there once it is ready. */
  readonly port: number;
  /** The program and its arguments. No secrets: other users can see them. */
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  /** Once it is ready, others go first where all cores are busy: nobody waits for it then. */
  readonly isSteppedBack?: boolean;
  /** What it writes once it is ready. */
  readonly readyText: string;
  /** What it writes when it ends because its predecessor's last processes are still there: started again it will do. */
  readonly predecessorText?: RegExp;
  /** Servers of a part are started in this order, those of one stage together; 0 is first. */
  readonly stage: number;
  /** Makes its folders and files. Idempotent: data that is there is kept. */
  prepare(): Promise<void>;
}
