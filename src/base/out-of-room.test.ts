import { expect, it } from 'vitest';
import { isOutOfRoom } from './out-of-room.ts';

it('a full disk and a spent quota are known by their code, and by the words in which DuckDB tells them', () => {
  expect(isOutOfRoom(Object.assign(new Error('write'), { code: 'ENOSPC' }))).toBe(true);
  expect(isOutOfRoom(Object.assign(new Error('write'), { code: 'EDQUOT' }))).toBe(true);
  expect(isOutOfRoom(new Error('IO Error: Could not write file "x": No space left on device'))).toBe(true);
  expect(isOutOfRoom(new Error('IO Error: Could not write file "x": Disk quota exceeded'))).toBe(true);
  expect(isOutOfRoom(Object.assign(new Error('write'), { code: 'EIO' }))).toBe(false);
  expect(isOutOfRoom('no space left')).toBe(false);
});
