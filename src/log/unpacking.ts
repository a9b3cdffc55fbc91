import { AssemblyModule } from '../assembly/assembly-module.ts';
import { SLACK_BYTES } from '../base/slack.ts';
import { FRAME_BODY_BYTES_MAX } from '../ports/log.ts';
import type { PackedBlock } from '../ports/packed-records.ts';
import { BLOCK_HEADER_BYTES, decodeBlockHeader } from '../ports/packed-records.ts';

/** What is copied 16 bytes at a time may reach over its end by so many. */
const SPARE_BYTES = 16;

/** What `assembly/unpacking.ts` gives. Places are addresses in its memory. */
interface Assembly {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly reserve: (bytes: number) => number;
  readonly unpack: (
    block: number,
    templates: number,
    forms: number,
    records: number,
    to: number,
    length: number,
  ) => number;
}

const module = new AssemblyModule<Assembly, Record<string, never>>(new URL('assembly/unpacking.wasm', import.meta.url));
let assembly: Assembly | undefined;

/** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
export function loadUnpacking(): void {
  module.load();
}

/**
 * Records as they came, of packed ones (`ports/packed-records.ts`).
 * @returns NDJSON, with `SLACK_BYTES` behind it; undefined when these are no packed records
 */
export function unpacked(packed: Uint8Array): Uint8Array | undefined {
  const blocks = blocksOf(packed);
  if (blocks === undefined) return undefined;
  const length = blocks.reduce((sum, { block }) => sum + block.unpacked, 0);
  if (length > FRAME_BODY_BYTES_MAX) return undefined;
  const records = Buffer.allocUnsafeSlow(length + SLACK_BYTES);
  let to = 0;
  for (const { block, at } of blocks) {
    if (block.templates === 0) records.set(packed.subarray(at, at + block.records), to);
    else if (!unpackBlock(packed, block, at, records, to)) return undefined;
    to += block.unpacked;
  }
  return records.subarray(0, length);
}

/** The blocks, each with where it begins behind its header; undefined when there is something else. */
function blocksOf(packed: Uint8Array): readonly { readonly block: PackedBlock; readonly at: number }[] | undefined {
  const blocks: { readonly block: PackedBlock; readonly at: number }[] = [];
  let next = 0;
  while (next < packed.length) {
    const block = decodeBlockHeader(packed, next);
    if (block === undefined) return undefined;
    const at = next + BLOCK_HEADER_BYTES;
    blocks.push({ block, at });
    next = at + block.templates + block.forms + block.records;
  }
  return blocks;
}

function unpackBlock(
  packed: Uint8Array,
  { templates, forms, records, unpacked: length }: PackedBlock,
  at: number,
  to: Buffer,
  toAt: number,
): boolean {
  assembly ??= module.instance({});
  const bytes = templates + forms + records;
  const block = assembly.reserve(bytes + length + 2 * SPARE_BYTES);
  const out = block + bytes + SPARE_BYTES;
  const memory = Buffer.from(assembly.memory.buffer);
  memory.set(packed.subarray(at, at + bytes), block);
  if (assembly.unpack(block, templates, forms, records, out, length) === 0) return false;
  memory.copy(to, toAt, out, out + length);
  return true;
}
