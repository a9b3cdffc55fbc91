import { expect, it } from 'vitest';
import type { Gated } from './frame-gate.ts';
import { FrameGate } from './frame-gate.ts';

const message = (partition: number, offset: number, frame: number): Gated<string> => ({
  topic: 't',
  partition,
  offset,
  frame,
  what: `${partition}.${offset}`,
});
const read = (partition: number, nextOffset: number) => ({
  topic: 't',
  partition,
  nextOffset,
  messages: [],
  endOffset: nextOffset,
});
const extents = (...ends: readonly number[]) =>
  ends.map((endOffset, partition) => ({ topic: 't', topicId: 'i', partition, firstOffset: 0, endOffset }));
const gateOfTwo = (): FrameGate<string> =>
  new FrameGate([
    { topic: 't', partition: 0, nextOffset: 0 },
    { topic: 't', partition: 1, nextOffset: 0 },
  ]);
const places = (gate: FrameGate<string>): readonly number[] => gate.places().map(({ nextOffset }) => nextOffset);

it('lets a frame through once it is announced and all of it was read', () => {
  const gate = gateOfTwo();
  gate.take(read(0, 2), [message(0, 0, 10), message(0, 1, 20)]);
  expect(gate.release()).toBeUndefined();
  gate.announce({ frame: 10, accepted: 5 }, extents(2, 1));
  expect(gate.release()).toBeUndefined();
  expect(places(gate)).toEqual([0, 0]);
  gate.take(read(1, 1), [message(1, 0, 10)]);
  const released = gate.release();
  expect(released?.frame).toEqual({ frame: 10, accepted: 5 });
  expect(released?.messages.map(({ what }) => what)).toEqual(['0.0', '1.0']);
  expect(places(gate)).toEqual([1, 1]);
  expect(gate.release()).toBeUndefined();
});

it('lets rows of an older frame through that come late, and never half of a newer one', () => {
  const gate = gateOfTwo();
  gate.announce({ frame: 10, accepted: 5 }, extents(0, 0));
  expect(gate.release()?.messages).toEqual([]);
  gate.take(read(0, 2), [message(0, 0, 30), message(0, 1, 8)]);
  gate.announce({ frame: 8, accepted: 4 }, extents(2, 0));
  const released = gate.release();
  expect(released?.messages.map(({ what }) => what)).toEqual(['0.1']);
  expect(released?.frame?.frame).toBe(10);
  expect(places(gate)).toEqual([0, 0]);
});

it('lets through what is announced, or all, when more is held than can be', () => {
  const gate = gateOfTwo();
  gate.announce({ frame: 10, accepted: 5 }, extents(9, 9));
  gate.take(read(0, 2), [message(0, 0, 10), message(0, 1, 20)]);
  expect(gate.releaseAnnounced().messages.map(({ what }) => what)).toEqual(['0.0']);
  expect(gate.releaseAll().messages.map(({ what }) => what)).toEqual(['0.1']);
  expect(gate.heldCount).toBe(0);
});

it('a frame that is announced again, as a sign of life, changes nothing', () => {
  const gate = gateOfTwo();
  gate.take(read(0, 1), [message(0, 0, 10)]);
  gate.announce({ frame: 10, accepted: 5 }, extents(1, 0));
  expect(gate.release()?.messages).toHaveLength(1);
  gate.take(read(0, 2), [message(0, 1, 20)]);
  gate.announce({ frame: 10, accepted: 5 }, extents(2, 0));
  expect(gate.release()).toBeUndefined();
  gate.announce({ frame: 20, accepted: 6 }, extents(2, 0));
  expect(gate.release()?.frame).toEqual({ frame: 20, accepted: 6 });
});
