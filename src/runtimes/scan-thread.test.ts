import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { areWorthScanThread } from './scan-thread.ts';

const MB = 1024 * 1024;

describe('the thread that reads the records of an import', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'scan-thread-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A file of so many bytes, which take no room on the disk. */
  function file(name: string, bytes: number): string {
    const path = join(folder, name);
    writeFileSync(path, '');
    truncateSync(path, bytes);
    return path;
  }

  it('comes up for files that are large together, and not for small ones', () => {
    const small = file('small.ndjson', 20 * MB);
    expect(areWorthScanThread([small])).toBe(false);
    expect(areWorthScanThread([small, file('other.csv', 20 * MB)])).toBe(true);
  });

  it('comes up for what may be large: packed files and standard input', () => {
    const packed = file('packed.ndjson.gz', 5 * MB);
    expect(areWorthScanThread([packed])).toBe(true);
    expect(areWorthScanThread(['-'])).toBe(true);
  });

  it('stays away where there are no files', () => {
    const small = file('a.ndjson', 1);
    expect(areWorthScanThread([folder, join(folder, 'missing'), join(small, 'below'), '--data'])).toBe(false);
  });
});
