import type { Plan } from '../plan/plan.ts';
import type { ScannedLines } from '../record/columns.ts';
import type { Dictionaries } from '../record/dictionaries.ts';
import type { ScanElsewhere } from '../record/foreign-scan.ts';
import { ForeignIds } from '../record/foreign-scan.ts';
import { Scanner } from '../record/scanner.ts';
import { SLACK_BYTES } from '../record/text-hash.ts';

/** From so many bytes on a batch is worth the way to another thread. */
const ELSEWHERE_BYTES_MIN = 256 * 1024;

/**
 * Scans batches in the order in which they come: small ones here and now, large ones elsewhere while this thread writes
 * and adds up the ones before. A small one that comes behind a large one goes the same way, so that none overtakes.
 */
export class Scanning {
  readonly #here: Scanner;
  readonly #elsewhere: ScanElsewhere | undefined;
  readonly #foreignIds: ForeignIds;
  #underWay = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(plan: Plan, dictionaries: Dictionaries, elsewhere: ScanElsewhere | undefined) {
    this.#here = new Scanner(plan, dictionaries);
    this.#elsewhere = elsewhere;
    this.#foreignIds = new ForeignIds(plan, dictionaries);
  }

  /** Scans here and now. */
  scanHere(lines: Uint8Array, firstLine: number): ScannedLines {
    return this.#here.scan(lines, firstLine);
  }

  /** The scanned lines; a promise of them when they are scanned elsewhere. */
  scan(lines: Uint8Array, firstLine: number): ScannedLines | Promise<ScannedLines> {
    const isLarge = lines.length >= ELSEWHERE_BYTES_MIN;
    if (this.#elsewhere === undefined) return this.scanHere(lines, firstLine);
    if (this.#underWay === 0 && !(isLarge && this.#elsewhere.isReady())) return this.scanHere(lines, firstLine);
    return this.#scanElsewhere(this.#elsewhere, lines, firstLine);
  }

  /** Resolves when no batch is being scanned elsewhere. */
  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  async close(): Promise<void> {
    await this.#elsewhere?.close();
  }

  async #scanElsewhere(elsewhere: ScanElsewhere, lines: Uint8Array, firstLine: number): Promise<ScannedLines> {
    this.#underWay++;
    try {
      return this.#foreignIds.adopt(await elsewhere.scan(shared(lines), firstLine));
    } finally {
      if (--this.#underWay === 0) {
        this.#idle?.resolve();
        this.#idle = undefined;
      }
    }
  }
}

/** The same bytes in memory that threads share, with room behind them. */
function shared(lines: Uint8Array): Uint8Array {
  const hasRoom = lines.byteOffset + lines.length + SLACK_BYTES <= lines.buffer.byteLength;
  if (lines.buffer instanceof SharedArrayBuffer && hasRoom) return lines;
  const copy = new Uint8Array(new SharedArrayBuffer(lines.length + SLACK_BYTES));
  copy.set(lines);
  return copy.subarray(0, lines.length);
}
