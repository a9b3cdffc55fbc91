import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameFeed } from './frame-feed.ts';

/** What a browser's connection tells, as a test says: Node has none of its own. */
class Connection extends EventTarget {
  static readonly CLOSED = 2;
  static newest: Connection;
  readyState = 1;

  constructor() {
    super();
    Connection.newest = this;
  }

  open(): void {
    this.dispatchEvent(new Event('open'));
  }

  send(frame: number): void {
    this.dispatchEvent(new MessageEvent('frame', { data: JSON.stringify({ frame, atMs: 0, reports: [] }) }));
  }

  lose(): void {
    this.dispatchEvent(new Event('error'));
  }
}

beforeEach(() => {
  vi.stubGlobal('EventSource', Connection);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function openFeed(): { readonly feed: FrameFeed; readonly connection: Connection; readonly gaps: () => number } {
  const feed = new FrameFeed('/frames');
  let gaps = 0;
  feed.onGap(() => gaps++);
  feed.open();
  return { feed, connection: Connection.newest, gaps: () => gaps };
}

describe('a feed of frames', () => {
  it('has missed nothing when it began with or before what was read', () => {
    const { feed, connection, gaps } = openFeed();
    feed.noteRead(7);
    connection.open();
    connection.send(7);
    feed.noteRead(9);
    connection.send(9);
    expect(gaps()).toBe(0);
  });

  it('has missed frames when the first connection began behind what was read before it', () => {
    const { feed, connection, gaps } = openFeed();
    feed.noteRead(8);
    feed.noteRead(5);
    connection.open();
    expect(gaps()).toBe(0);
    connection.send(7);
    expect(gaps()).toBe(1);
    feed.noteRead(7);
    connection.send(9);
    expect(gaps()).toBe(1);
  });

  it('has missed frames when an answer comes behind the first connection, but is older than it', () => {
    const { feed, connection, gaps } = openFeed();
    connection.open();
    connection.send(7);
    feed.noteRead(6);
    expect(gaps()).toBe(1);
    // All that was under way is read again, so one gap is one reading, whatever else was as old.
    feed.noteRead(6);
    expect(gaps()).toBe(1);
  });

  it('may have missed frames whenever the connection was lost', () => {
    const { connection, gaps } = openFeed();
    for (const times of [0, 1, 2]) {
      connection.open();
      connection.send(7);
      expect(gaps()).toBe(times);
      connection.lose();
    }
  });
});
