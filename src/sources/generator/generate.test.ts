import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { temporaryFolder } from '../../../test/process/daybook-process.ts';
import { rowTexts } from '../../../test/process/reports-of-runtime.ts';
import { makePlan } from '../../plan/normalise.ts';
import { openEmbedded } from '../../runtimes/embedded.ts';
import { machineClock } from '../../runtimes/machine/clock.ts';
import { openDisk } from '../../runtimes/machine/disk.ts';
import { makeAnswerKey } from './answer-key.ts';
import { ownCatalogue } from './catalogue.ts';
import type { GenerateSalesOptions } from './generate.ts';
import { generateSales } from './generate.ts';

const plan = makePlan(daybook);
const options: GenerateSalesOptions = {
  plan,
  from: '2026-02-26',
  to: '2026-03-12',
  perDay: 700,
  seed: 1,
  catalogue: await ownCatalogue(),
  duplicates: 0.05,
  late: 0.02,
  corrupt: 0.01,
};

function digest(changed: Partial<GenerateSalesOptions>): string {
  const hash = createHash('sha256');
  for (const { lines } of generateSales({ ...options, ...changed })) hash.update(lines);
  return hash.digest('hex');
}

describe('generated sales', () => {
  it('are the same bytes for the same seed, and others for another', () => {
    const faultless = { duplicates: 0, late: 0, corrupt: 0 };
    expect(digest({})).toBe(digest({}));
    expect(new Set([digest({}), digest({ seed: 2 }), digest(faultless), digest({ ...faultless, seed: 2 })]).size).toBe(
      4,
    );
  });

  it('are the same bytes on another machine', () => {
    // Made on one machine. It changes with the catalogue (the names' package, the table of places) and with no other thing.
    const made = '3b880a9bb09f939dc048ed572cb1603ff96d30a0ffcd51ef5a3e1150ddd42b49';
    expect(digest({ to: '2026-02-27', perDay: 100 })).toBe(made);
  });

  it('come in chunks of whole lines with how much of all was given', () => {
    let share = 0;
    let count = 0;
    for (const chunk of generateSales(options)) {
      const lines = Buffer.from(chunk.lines).toString();
      expect(lines.endsWith('\n')).toBe(true);
      expect(lines.split('\n').length - 1).toBe(chunk.count);
      expect(chunk.share).toBeGreaterThanOrEqual(share);
      share = chunk.share;
      count += chunk.count;
    }
    expect(share).toBe(1);
    expect(Math.abs(count - 15 * 700 * 1.06)).toBeLessThan(1200);
  });

  it('make a real engine’s reports equal the answer key', async () => {
    await using folder = await temporaryFolder();
    const engine = await openEmbedded({ plan, disk: openDisk(folder.path), clock: machineClock() });
    const key = makeAnswerKey(plan);
    for (const { lines } of generateSales(options, key)) await engine.accept({ origin: 'generator', lines });
    const { accepted, duplicates, quarantined } = await engine.status();
    expect({ sent: accepted + duplicates + quarantined, accepted, duplicates, quarantined }).toEqual(key.counts());
    expect(Math.min(accepted, duplicates, quarantined)).toBeGreaterThan(50);
    const { reports } = JSON.parse(key.json(), (_key, value: unknown, context?: { readonly source: string }) =>
      typeof value === 'number' ? (context?.source ?? '') : value,
    ) as { reports: Record<string, readonly Readonly<Record<string, string>>[]> };
    expect(Object.keys(reports)).toEqual(plan.reports.map((report) => report.name));
    for (const [name, rows] of Object.entries(reports)) {
      const expected = rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      expect(rowTexts((await engine.query(name, {})).rows)).toEqual(expected);
    }
    await engine.close();
  });

  it('cannot be made for days that do not exist, or for a stream that wants more', () => {
    const begin = (changed: Partial<GenerateSalesOptions>): unknown => generateSales({ ...options, ...changed }).next();
    expect(() => begin({ to: '2026-02-30' })).toThrow("to '2026-02-30'");
    expect(() => begin({ to: '2026-02-25' })).toThrow('the first not after the last');
    const cashier = { ...plan.stream.primaryKey, name: 'cashier', index: plan.stream.fields.length };
    const other = { ...plan, stream: { ...plan.stream, fields: [...plan.stream.fields, cashier] } };
    expect(() => begin({ plan: other })).toThrow(
      /have no cashier\. Send records of the stream instead \(daybook start --no-generate/,
    );
  });
});
