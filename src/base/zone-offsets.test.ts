import { describe, expect, it } from 'vitest';
import { formatLocalTime, zone } from './calendar.ts';
import { zoneOffsets } from './zone-offsets.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;

describe('the offsets of a time zone', () => {
  it('are known to the second of each change', () => {
    const offsets = zoneOffsets('America/New_York');
    expect(offsets[0]).toEqual({ sinceS: 0, offsetS: -18_000 });
    expect(offsets).toContainEqual({ sinceS: at('2024-03-10T07:00:00Z'), offsetS: -14_400 });
    expect(offsets).toContainEqual({ sinceS: at('2024-11-03T06:00:00Z'), offsetS: -18_000 });
    expect(offsets.at(-1)).toEqual({ sinceS: at('2100-01-01T00:00:00Z'), offsetS: undefined });
    expect(offsets.map(({ sinceS }) => sinceS)).toEqual(offsets.map(({ sinceS }) => sinceS).toSorted((a, b) => a - b));
  });

  it('are known of a summer time that is hardly a week long', () => {
    const offsets = zoneOffsets('America/Recife');
    expect(offsets).toContainEqual({ sinceS: at('2000-10-08T03:00:00Z'), offsetS: -7_200 });
    expect(offsets).toContainEqual({ sinceS: at('2000-10-15T02:00:00Z'), offsetS: -10_800 });
  });

  it.each(['UTC', 'Asia/Kathmandu', 'Africa/Casablanca', 'Australia/Lord_Howe', 'Africa/Monrovia', 'Pacific/Apia'])(
    'are those by which records are taken in: %s',
    (name) => {
      const local = zone(name);
      const offsets = zoneOffsets(name);
      for (const { sinceS, offsetS } of offsets) {
        for (const aroundS of [sinceS - 1, sinceS]) {
          const known = offsets.findLast((each) => each.sinceS <= aroundS)?.offsetS;
          if (known === undefined || offsetS === undefined) continue;
          const shown = new Date((aroundS + known) * 1000).toISOString().slice(0, 19).replace('T', ' ');
          expect(formatLocalTime(local.localTime(aroundS * 1000))).toBe(shown);
        }
      }
    },
  );
});
