const MEMBER_HEAD_BYTES = 3;

/** A member of a template: how its value is packed, and the bytes before that. */
export interface TemplateMember {
  readonly packedAs: number;
  readonly literal: string;
}

/**
 * A template of packed records (`ports/packed-records.ts`).
 * @param number  from 1 to 255
 * @param tail    the bytes behind the last value
 */
export function encodeTemplate(number: number, members: readonly TemplateMember[], tail: string): Uint8Array {
  const head = Buffer.alloc(MEMBER_HEAD_BYTES);
  head.writeUInt8(number, 0);
  head.writeUInt16LE(members.length + 1, 1);
  return Buffer.concat([head, ...[...members, { packedAs: 0, literal: tail }].flatMap(encodeMember)]);
}

function encodeMember({ packedAs, literal }: TemplateMember): readonly Uint8Array[] {
  const bytes = Buffer.from(literal);
  const head = Buffer.alloc(MEMBER_HEAD_BYTES);
  head.writeUInt8(packedAs, 0);
  head.writeUInt16LE(bytes.length, 1);
  return [head, bytes];
}
