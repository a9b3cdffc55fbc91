import { microsText } from '../../base/decimal.ts';
import type { FieldPlan } from '../../plan/plan.ts';
import { lets, pattern, quotedText } from './sql.ts';

/** Every decimal of a record has ten digits before the point at most. */
export const DECIMAL = 'DECIMAL(16, 6)';
/** Numbers that are cast at once: as a decimal of ten digits and 28 places, as 64 bits. Nearly all are such. */
export const USUAL_DECIMAL = '-?(?:0|[1-9][0-9]{0,9})(?:[.][0-9]{1,28})?';
export const USUAL_WHOLE = '-?(?:0|[1-9][0-9]{0,15})';
/** More digits than a record may have, so beyond it all exponents are alike. */
const EXPONENT_MAX = 4_000_000;
/** Digits before the point of what is larger than any decimal or whole number that a record may have. */
const DECIMAL_DIGITS_MAX = 10;
const WHOLE_DIGITS_MAX = 16;

/** The text of a usual number as its field keeps it; a decimal is rounded half-even, once, to 6 places; null for `null`. */
export function numberOf(text: string, { kind }: FieldPlan): string {
  if (kind === 'decimal') return `try_cast(bround(try_cast(${text} AS DECIMAL(38, 28)), 6) AS ${DECIMAL})`;
  if (kind === 'integer') return `try_cast(${text} AS BIGINT)`;
  // Zero has no sign.
  return `try_cast(${text} AS DOUBLE) + CAST(0 AS DOUBLE)`;
}

/** Any decimal as a usual one; null when it is beyond all that a field takes. */
export function usualDecimal(text: string): string {
  return usual(text, USUAL_DECIMAL, unusualDecimal(text));
}

/** Any number as a usual whole one; null when it is not whole, or beyond all that a field takes. */
export function usualWhole(text: string): string {
  return usual(text, USUAL_WHOLE, unusualWhole(text));
}

function usual(text: string, shape: string, otherwise: string): string {
  return `CASE WHEN ${text} RLIKE ${pattern(`\\A${shape}\\z`)} THEN ${text} ELSE CAST(${otherwise} AS STRING) END`;
}

/** Whether a number is within its field's bounds. */
export function isInBounds(number: string, { kind, min, max }: FieldPlan): string {
  const bound = (value: number): string => {
    if (kind === 'decimal') return `CAST(${quotedText(microsText(BigInt(value)))} AS ${DECIMAL})`;
    return kind === 'integer' ? value.toString() : `CAST(${quotedText(String(value))} AS DOUBLE)`;
  };
  const [from, to] = kind === 'integer' ? [Math.ceil(min), Math.floor(max)] : [min, max];
  return `${number} BETWEEN ${bound(from)} AND ${bound(to)}`;
}

/** Takes a number apart: it is 0.`digits` × 10^`size`, and `digits` begins with no zero. */
function taken(text: string): readonly (readonly [string, string])[] {
  return [
    ['parts', `split(lower(ltrim('-', ${text})), 'e')`],
    ['mantissa', `split(parts[0], '[.]')`],
    ['written', `array_join(mantissa, '')`],
    ['digits', `ltrim('0', written)`],
    [
      'exponent',
      `CASE
        WHEN size(parts) = 1 THEN 0
        ELSE greatest(-${EXPONENT_MAX}, least(${EXPONENT_MAX}, coalesce(
          try_cast(parts[1] AS BIGINT), CASE WHEN startswith(parts[1], '-') THEN -${EXPONENT_MAX} ELSE ${EXPONENT_MAX} END
        )))
      END`,
    ],
    ['size', `CAST(length(mantissa[0]) - length(written) + length(digits) + exponent AS INT)`],
  ];
}

function signed(text: string, value: string): string {
  return `CASE WHEN startswith(${text}, '-') THEN -(${value}) ELSE ${value} END`;
}

function unusualDecimal(text: string): string {
  const micros = lets(
    [
      ['kept', `CAST(concat('0', rpad(digits, size + 6, '0')) AS BIGINT)`],
      ['dropped', `substr(digits, size + 7)`],
    ],
    `kept + CASE
        WHEN NOT startswith(dropped, '5') THEN CAST(dropped > '5' AS INT)
        WHEN rtrim('0', dropped) = '5' THEN kept % 2
        ELSE 1
      END`,
  );
  const value = `CASE
      WHEN digits = '' OR size < -6 THEN CAST(0 AS BIGINT)
      WHEN size <= ${DECIMAL_DIGITS_MAX} THEN ${signed(text, micros)}
    END`;
  return lets(
    taken(text),
    `try_cast(CAST(${value} AS DECIMAL(20, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS ${DECIMAL})`,
  );
}

/** A number is whole when no digit but zeros stands behind its point. */
function unusualWhole(text: string): string {
  return lets(
    taken(text),
    `CASE
      WHEN digits = '' THEN CAST(0 AS BIGINT)
      WHEN size <= ${WHOLE_DIGITS_MAX} AND length(rtrim('0', digits)) <= size
        THEN ${signed(text, `CAST(rpad(digits, size, '0') AS BIGINT)`)}
    END`,
  );
}

/** A float's text as JavaScript and JSON have it: the fewest digits that give the float again. */
export function floatText(value: string): string {
  // Java's texts have a digit too many now and then; of 9 upwards a shorter one has a digit more before the point.
  const shorter = (digits: string, size: string): readonly (readonly [string, string])[] => [
    [
      'fewer',
      `CASE
          WHEN length(${digits}) > 1 THEN CAST(CAST(left(${digits}, length(${digits}) - 1) AS BIGINT) +
            CASE WHEN right(${digits}, 1) >= '5' THEN 1 ELSE 0 END AS STRING)
          ELSE ${digits}
        END`,
    ],
    ['scale', `${size} - length(${digits}) + CASE WHEN length(${digits}) > 1 THEN 1 ELSE 0 END`],
    ['same', `CAST(concat(fewer, 'E', scale) AS DOUBLE) = magnitude`],
    ['shortest', `CASE WHEN same THEN rtrim('0', fewer) ELSE ${digits} END`],
    ['point', `CASE WHEN same THEN length(fewer) + scale ELSE ${size} END`],
  ];
  const text = `CASE
        WHEN length(shortest) <= point AND point <= 21 THEN rpad(shortest, point, '0')
        WHEN point > 0 AND point <= 21 THEN concat(left(shortest, point), '.', substr(shortest, point + 1))
        WHEN point > -6 AND point <= 0 THEN concat('0.', repeat('0', -point), shortest)
        ELSE concat(
          left(shortest, 1),
          CASE WHEN length(shortest) > 1 THEN concat('.', substr(shortest, 2)) ELSE '' END,
          CASE WHEN point > 0 THEN 'e+' ELSE 'e-' END,
          abs(point - 1)
        )
      END`;
  const printed: readonly (readonly [string, string])[] = [
    ['magnitude', `abs(${value})`],
    ['parts', `split(CAST(magnitude AS STRING), 'E')`],
    ['mantissa', `split(parts[0], '[.]')`],
    ['written', `array_join(mantissa, '')`],
    ['leading', `ltrim('0', written)`],
    ['digits', `rtrim('0', leading)`],
    [
      'size',
      `length(mantissa[0]) - length(written) + length(leading) + CASE WHEN size(parts) = 1 THEN 0 ELSE CAST(parts[1] AS INT) END`,
    ],
    ...shorter('digits', 'size'),
  ];
  return `CASE
      WHEN ${value} = 0 THEN '0'
      ELSE concat(CASE WHEN ${value} < 0 THEN '-' ELSE '' END, ${lets(printed, text)})
    END`;
}
