import { crc32 } from 'node:zlib';
import { present } from '../../src/base/assert.ts';
import type { Section, SectionArray } from '../../src/engine/sections.ts';
import type { DiskFile } from '../../src/ports/disk.ts';
import { packSections, prefixOf, unpackSections } from '../../src/engine/sections.ts';

/** The bytes of a file of sections. */
export function fileOf(facts: unknown, sections: readonly Section[]): Uint8Array {
  const packed = packSections(facts, sections);
  const body = Buffer.concat(packed.body.map((chunk) => (typeof chunk === 'function' ? chunk() : chunk)));
  return new Uint8Array(Buffer.concat([prefixOf(packed, crc32(body)), body]));
}

/** A file that holds these bytes, to be read. */
export function inMemory(bytes: Uint8Array): Pick<DiskFile, 'size' | 'readAt'> {
  return {
    size: async () => bytes.length,
    readAt: async (position, length) => bytes.subarray(position, position + length),
  };
}

/** What was saved as it comes back from a file. */
export async function throughAFile<F>(saved: { readonly facts: F; readonly arrays: readonly Section[] }): Promise<{
  readonly facts: F;
  readonly arrays: readonly SectionArray[];
}> {
  const read = present(await unpackSections(inMemory(fileOf(saved.facts, saved.arrays))), 'what was packed is whole');
  return { facts: read.facts as F, arrays: read.arrays };
}
