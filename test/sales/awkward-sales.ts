import fc from 'fast-check';
import type { RandomSale } from './random-sales.ts';
import { randomSale } from './random-sales.ts';

/** The digits of a decimal at just a half of its last place, beside it, and far behind it. */
const TAILS = ['5', '50000000000000', '5000000000000001', '4999999999999999999', '15', '25', '9999999'];
const MOMENTS = [
  '2026-02-07T23:30:00Z',
  '2026-02-07 23:30:00.999999999-0330',
  '2026-02-08t03:59:59.5+05:45',
  '2026-02-08T00:00:00+14:00',
  '2026-02-08 04:59:59',
  '2026-02-08T05:00:00z',
];

/** A decimal as other programs write it: with many digits, with exponents, at just a half. */
function awkwardDecimal(max: number): fc.Arbitrary<string> {
  const sign = fc.constantFrom('', '-');
  const whole = fc.nat(max - 1);
  return fc.oneof(
    fc
      .tuple(sign, whole, fc.stringMatching(/^\d{6}$/), fc.constantFrom(...TAILS))
      .map(([s, w, f, t]) => `${s}${w}.${f}${t}`),
    fc.tuple(sign, whole, fc.integer({ min: -30, max: 0 })).map(([s, w, e]) => `${s}${w}e${e}`),
    fc.tuple(sign, fc.stringMatching(/^\d{1,6}$/)).map(([s, f]) => `${s}0.0000${f}E+${Math.min(4, f.length)}`),
    fc.tuple(sign, fc.stringMatching(/^\d{7,40}$/)).map(([s, f]) => `${s}0.${f}`),
    fc.constantFrom('0', '-0', '-0.0e-5', '0E99999999999', '1e-999999', '1e0'),
  );
}

/**
 * A record's line with what is rare and allowed: numbers with exponents and more digits than a float has, moments with
 * offsets, no business date, keys in upper case, escapes, members that nobody asked for, members given twice.
 */
export function awkwardSale(ids: number): fc.Arbitrary<string> {
  return fc
    .record({
      sale: randomSale(ids),
      numbers: fc.record({ revenue: awkwardDecimal(1_000_000), profit: awkwardDecimal(1_000_000) }),
      quantity: fc.constantFrom(undefined, '3.0', '1e1', '170E-1', '7'),
      discount: fc.constantFrom(undefined, '"0.1500005"', '0.15', '"1e-7"', '"0.00000150"'),
      moment: fc.option(fc.constantFrom(...MOMENTS)),
      odd: fc.nat(9),
    })
    .map(({ sale, numbers, quantity, discount, moment, odd }) => {
      const members: Record<string, string> = {
        ...textsOf(sale),
        ...numbers,
        ...(quantity !== undefined && { quantity }),
        ...(discount !== undefined && { discount }),
      };
      if (moment !== null) members['ts'] = JSON.stringify(moment);
      if (moment !== null || odd === 0) delete members['ts_date'];
      if (odd === 1) members['ts_id'] = (members['ts_id'] ?? '').toUpperCase();
      if (odd === 2) members['customer_id'] = '"\\u0043-\\u0033"';
      if (odd === 3) members['more'] = '{"price":[1,{"revenue":2e5}],"half":"\\ud800"}';
      const twice = odd === 4 ? '"revenue":1e3,' : '';
      return `{${twice}${Object.entries(members)
        .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
        .join(odd === 5 ? ' , ' : ',')}}`;
    });
}

function textsOf(sale: RandomSale): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(sale).map(([name, value]) => [name, JSON.stringify(value)]));
}
