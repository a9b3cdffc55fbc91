import { isUtf8 } from 'node:buffer';
import { DaybookError } from '../../base/errors.ts';
import type { Intake, Refusal, Unreadable } from '../../ports/runtime.ts';

/** The content type of a batch with all that its source knows of it. */
export const INTAKE_TYPE = 'application/vnd.daybook.intake';

const LINE_FEED = 10;
/** Characters of an origin: no file's name is longer. */
const ORIGIN_LENGTH_MAX = 255;
const REASON_LENGTH_MAX = 2_000;
const REFUSAL_CODES = {
  NOT_JSON: true,
  NOT_AN_OBJECT: true,
  NOT_UNICODE: true,
  MISSING_FIELD: true,
  WRONG_TYPE: true,
  NOT_A_UUID: true,
  IMPOSSIBLE_DATE: true,
  DATE_APART_FROM_TIME: true,
  DATE_IN_THE_FUTURE: true,
  NUMBER_OUT_OF_RANGE: true,
  TOO_LONG: true,
  CANNOT_BE_CONVERTED: true,
} satisfies Record<Refusal['code'], true>;

/** The first line of an intake's body: what there is besides the lines. */
interface IntakeHead {
  readonly origin: string;
  readonly firstLine: number;
  readonly unreadable: readonly UnreadableHead[];
  readonly originalsFollow?: boolean;
}

/** An unreadable record without its bytes, which are behind the head, so many. */
type UnreadableHead = Omit<Unreadable, 'record'> & { readonly bytes: number };

/**
 * An intake as bytes: its head as a line of JSON; then the unreadable records as they are, one behind the other, as
 * long as the head says, with nothing between; then the lines as they are.
 */
export function printIntake(intake: Intake): readonly Uint8Array[] {
  const { origin, lines, firstLine = 1, unreadable = [], originalsFollow } = intake;
  const texts = unreadable.map(({ record }) => Buffer.from(record));
  const head: IntakeHead = {
    origin: Array.from(origin.replaceAll(/\p{Cc}/gu, '\uFFFD').toWellFormed())
      .slice(0, ORIGIN_LENGTH_MAX)
      .join(''),
    firstLine,
    unreadable: unreadable.map(({ record: _, ...rest }, index) => ({ ...rest, bytes: texts[index]?.length ?? 0 })),
    ...(originalsFollow === true && { originalsFollow }),
  };
  return [Buffer.from(`${JSON.stringify(head)}\n`), ...texts, lines];
}

/**
 * An intake from its bytes, which its lines go on to stand in.
 * @throws DaybookError `BODY_UNREADABLE`
 */
export function readIntake(bytes: Uint8Array): Intake {
  const end = bytes.indexOf(LINE_FEED);
  if (end === -1) throw unreadableIntake('its first line, which must be a JSON object, has no end');
  const { origin, firstLine, originalsFollow, ...head } = headOf(bytes.subarray(0, end));
  let at = end + 1;
  const unreadable = head.unreadable.map(({ bytes: size, ...rest }): Unreadable => {
    if (at + size > bytes.length) throw unreadableIntake('it ends within the records that its first line announces');
    const own = bytes.subarray(at, at + size);
    const record = isUtf8(own) ? textOf(own) : own;
    at += size;
    return { ...rest, record };
  });
  const lines = bytes.subarray(at);
  return { origin, lines, firstLine, unreadable, ...(originalsFollow === true && { originalsFollow }) };
}

function headOf(bytes: Uint8Array): IntakeHead {
  const value = jsonOf(bytes);
  if (!isObject(value)) throw unreadableIntake('its first line is no JSON object');
  const { origin, firstLine, unreadable, originalsFollow = false } = value;
  if (typeof origin !== 'string' || !/^\P{Cc}{1,255}$/u.test(origin)) {
    throw unreadableIntake("its 'origin' must be a text of 1 to 255 characters without control characters");
  }
  if (!isWhole(firstLine) || firstLine < 1) throw unreadableIntake("its 'firstLine' must be a whole number from 1");
  if (!Array.isArray(unreadable)) throw unreadableIntake("its 'unreadable' must be an array");
  if (typeof originalsFollow !== 'boolean') throw unreadableIntake("its 'originalsFollow' must be true or false");
  return { origin, firstLine, unreadable: unreadable.map(unreadableOf), originalsFollow };
}

function unreadableOf(value: unknown): UnreadableHead {
  const { line, bytes, code, field, reason, converted } = isObject(value) ? value : {};
  const isRight =
    isWhole(line) &&
    line >= 1 &&
    isWhole(bytes) &&
    isCode(code) &&
    isText(reason) &&
    (field === undefined || isText(field)) &&
    (converted === undefined || typeof converted === 'string');
  if (!isRight) {
    throw unreadableIntake(
      "each of its 'unreadable' must have 'line', 'bytes', 'code' (as the quarantine has them), 'reason', and may have 'field' and 'converted'",
    );
  }
  return {
    line,
    bytes,
    code,
    ...(field !== undefined && { field }),
    reason,
    ...(converted !== undefined && { converted }),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= REASON_LENGTH_MAX;
}

function isCode(value: unknown): value is Refusal['code'] {
  return typeof value === 'string' && Object.hasOwn(REFUSAL_CODES, value);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch (cause) {
    throw unreadableIntake(`its first line is no JSON: ${(cause as Error).message}`);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadableIntake('its first line must be UTF-8');
  }
}

function unreadableIntake(why: string): DaybookError {
  return new DaybookError('BODY_UNREADABLE', `The body is no ${INTAKE_TYPE}: ${why}. The API's document describes it.`);
}
