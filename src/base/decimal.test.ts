import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareNumberTexts,
  divideHalfEven,
  divideNumbersHalfEven,
  microsText,
  parseMicros,
  parseWhole,
} from './decimal.ts';

describe('decimals', () => {
  it('print and parse back to the same micro-units', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (micros) => {
        expect(parseMicros(microsText(micros))).toBe(micros);
      }),
    );
  });

  it('round a half to the even neighbour, and anything else to the nearest', () => {
    expect(parseMicros('0.0000005')).toBe(0n);
    expect(parseMicros('0.0000015')).toBe(2n);
    expect(parseMicros('-0.0000025')).toBe(-2n);
    expect(parseMicros('0.00000250000000000000000001')).toBe(3n);
    expect(parseMicros('422.23999999999995')).toBe(422_240_000n);
    expect(parseMicros('1.2e3')).toBe(1_200_000_000n);
    expect(parseMicros('5e-7')).toBe(0n);
    expect(parseMicros('15E-7')).toBe(2n);
    expect(parseMicros('1e-4000')).toBe(0n);
  });

  it('are divided alike as numbers, where these are exact', () => {
    const dividend = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -50, max: 50 }));
    const divisor = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
    fc.assert(
      fc.property(dividend, divisor, (a, b) => {
        expect(BigInt(divideNumbersHalfEven(a, b))).toBe(divideHalfEven(BigInt(a), BigInt(b)));
      }),
    );
  });

  it('are in the order of their digits, however they are written', () => {
    const tenths = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(tenths, tenths, fc.integer({ min: -40, max: 40 }), (a, b, exponent) => {
        const order = a < b ? -1 : a > b ? 1 : 0;
        expect(Math.sign(compareNumberTexts(`${a}e${exponent}`, `${b}.0e${exponent}`) ?? NaN)).toBe(order);
        expect(Math.sign(compareNumberTexts(`${a}00e-2`, `${b}`) ?? NaN)).toBe(order);
      }),
    );
    expect(compareNumberTexts('-4', '-4.0')).toBe(0);
    expect(compareNumberTexts('abc', '1')).toBeUndefined();
    expect(compareNumberTexts('1', '')).toBeUndefined();
  });

  it('of many digits are read as exactly as those of few, and in reasonable time', () => {
    const zeros = '0'.repeat(1_000_000);
    expect(parseMicros(`0.0000005${zeros}1`)).toBe(1n);
    expect(parseMicros(`0.0000025${zeros}`)).toBe(2n);
    expect(parseMicros(`-1${zeros}.5e-1000000`)).toBe(-1_000_000n);
    expect(parseMicros(`0.${zeros}25e1000000`)).toBe(250_000n);
    expect(parseMicros('7'.repeat(1_000_000))).toBe(10n ** 400n);
    expect(parseMicros(`-1e${'9'.repeat(1_000_000)}`)).toBe(-(10n ** 400n));
    expect(parseMicros(`1e-${'9'.repeat(1_000_000)}`)).toBe(0n);
    expect(parseWhole(`1.${zeros}1`)).toBeUndefined();
    expect(parseWhole(`-12.${zeros}`)).toBe(-12n);
    expect(parseWhole(`0.${zeros}25e1000002`)).toBe(25n);
    expect(parseWhole(`25${zeros}e-1000001`)).toBeUndefined();
    expect(parseWhole('7'.repeat(1_000_000))).toBe(10n ** 400n);
  });

  it('are those of exact arithmetic, however they are written', () => {
    const part = fc.stringMatching(/^[05]*\d{1,9}[05]*$/);
    fc.assert(
      fc.property(fc.boolean(), part, fc.option(part), fc.integer({ min: -40, max: 40 }), (minus, whole, rest, e) => {
        const text = `${minus ? '-' : ''}${whole}${rest === null ? '' : `.${rest}`}e${e}`;
        const numerator = BigInt(whole + (rest ?? '')) * 10n ** 60n * (minus ? -1n : 1n);
        const denominator = 10n ** BigInt(60 + (rest ?? '').length - e);
        expect(parseMicros(text)).toBe(divideHalfEven(numerator * 1_000_000n, denominator));
        expect(parseWhole(text)).toBe(numerator % denominator === 0n ? numerator / denominator : undefined);
      }),
    );
  });

  it('are refused when the text is no number', () => {
    for (const text of ['', '.', '1.', '.5', '1e', 'NaN', '0x1', '1,5', ' 1', '--1'])
      expect([parseMicros(text), parseWhole(text)]).toEqual([undefined, undefined]);
  });

  it('divide to the nearest: no other whole number is closer', () => {
    fc.assert(
      fc.property(
        fc.bigInt(),
        fc.bigInt().filter((d) => d !== 0n),
        (dividend, divisor) => {
          const twiceError = (divideHalfEven(dividend, divisor) * divisor - dividend) * 2n;
          const magnitude = twiceError < 0n ? -twiceError : twiceError;
          const limit = divisor < 0n ? -divisor : divisor;
          expect(magnitude <= limit).toBe(true);
          if (magnitude === limit) expect(divideHalfEven(dividend, divisor) % 2n).toBe(0n);
        },
      ),
    );
  });

  it('cannot be divided by zero', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow('by zero');
  });
});
