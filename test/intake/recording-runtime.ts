import type { Plan } from '../../src/plan/plan.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Acceptance, Intake, Runtime } from '../../src/ports/runtime.ts';

/** A record as it was handed over, with the number of its line. */
export interface HandedOver {
  readonly line: number;
  readonly text: string;
}

/**
 * Accepts every line, and remembers it: what a source handed over is seen without an engine. A line whose `ts_id` was
 * there before is a duplicate.
 */
export class RecordingRuntime implements Pick<Runtime, 'plan' | 'accept'> {
  readonly plan: Plan;
  readonly intakes: Intake[] = [];
  readonly #keys = new Set<string>();

  constructor(plan: Plan) {
    this.plan = plan;
  }

  accept(intake: Intake): Promise<Acceptance> {
    this.intakes.push(intake);
    const lines = handedOver(intake);
    let accepted = 0;
    for (const { text } of lines) {
      const key = keyOf(text);
      if (!this.#keys.has(key)) accepted++;
      this.#keys.add(key);
    }
    const quarantined = intake.unreadable ?? [];
    return Promise.resolve({ accepted, duplicates: lines.length - accepted, quarantined, offset: this.#keys.size });
  }

  get records(): readonly HandedOver[] {
    return this.intakes.flatMap(handedOver);
  }

  get unreadable(): readonly NonNullable<Intake['unreadable']>[number][] {
    return this.intakes.flatMap((intake) => intake.unreadable ?? []);
  }
}

/** The records of an intake. */
export function handedOver(intake: Intake): readonly HandedOver[] {
  return new TextDecoder('utf-8', { ignoreBOM: true })
    .decode(intake.lines)
    .split('\n')
    .map((text, index) => ({ text, line: (intake.firstLine ?? 1) + index }))
    .filter(({ text }) => text.trim() !== '');
}

function keyOf(text: string): string {
  const match = /"ts_id":"([^"]*)"/.exec(text);
  return match?.[1] ?? text;
}

/** A clock at which nobody waits: what was asked of it is kept. */
export class RecordingClock implements Clock {
  readonly sleptMs: number[] = [];

  nowMs(): number {
    return this.sleptMs.reduce((sum, ms) => sum + ms, 0);
  }

  sleep(ms: number): Promise<void> {
    this.sleptMs.push(ms);
    return Promise.resolve();
  }
}
