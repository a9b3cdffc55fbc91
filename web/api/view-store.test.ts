import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ViewQuestion } from './view-store.ts';
import { ViewStore } from './view-store.ts';

const QUESTION: ViewQuestion = { kind: 'totals', report: 'sales', by: ['channel'], measure: 'amount' };

/** The browser's end of a stream, without the browser: what comes is said by the test. */
class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static all: Stream[] = [];
  readonly url: string;
  readyState = 1;

  constructor(url: string) {
    super();
    this.url = url;
    Stream.all.push(this);
  }

  static get open(): readonly Stream[] {
    return Stream.all.filter(({ readyState }) => readyState !== Stream.CLOSED);
  }

  close(): void {
    this.readyState = Stream.CLOSED;
  }

  send(frame: number, rows?: readonly object[], run = 'a'): void {
    const asked = JSON.parse(new URL(this.url, 'http://daybook').searchParams.get('views') ?? '[]') as {
      id: string;
    }[];
    const answers = rows === undefined ? [] : asked.map(({ id }) => [id, { total: rows.length, rows, isWhole: true }]);
    const views = Object.fromEntries(answers) as object;
    const data = JSON.stringify({ run, frame, atMs: 0, newestDay: null, amendments: 0, views });
    this.dispatchEvent(new MessageEvent('views', { data }));
  }
}

const onOtherServer = vi.fn<() => void>();

beforeEach(() => {
  onOtherServer.mockClear();
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Stream);
  Stream.all = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A store that shows an answer, live. */
async function liveStore(): Promise<ViewStore> {
  const store = new ViewStore(onOtherServer);
  store.ask('q', QUESTION);
  await vi.advanceTimersByTimeAsync(0);
  Stream.open[0]?.send(10, [{ channel: 'Web', amount: 5 }]);
  expect(store.state().status).toBe('live');
  return store;
}

/** Each stream is refused at once, and each two seconds there is another. */
async function failFor(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 2_000) {
    const [stream] = Stream.open;
    stream?.close();
    stream?.dispatchEvent(new Event('error'));
    await vi.advanceTimersByTimeAsync(2_000);
  }
}

describe('a page that nobody looks at', () => {
  it('holds no connection, and asks anew what changed when it is seen again', async () => {
    const store = await liveStore();
    store.leave();
    expect(Stream.open).toEqual([]);
    expect(store.state().status).toBe('connecting');
    // What is asked meanwhile waits.
    store.ask('other', { ...QUESTION, limit: 1 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Stream.open).toEqual([]);

    store.comeBack();
    await vi.advanceTimersByTimeAsync(0);
    expect(Stream.open).toHaveLength(1);
    expect(Stream.open[0]?.url).toContain(encodeURIComponent('"since":10'));
    expect(store.state().status).toBe('connecting');
    Stream.open[0]?.send(11);
    expect(store.state()).toMatchObject({ status: 'live', frame: 11 });
  });

  it('stays paused', async () => {
    const store = await liveStore();
    store.pause();
    store.leave();
    store.comeBack();
    await vi.advanceTimersByTimeAsync(0);
    expect(Stream.open).toEqual([]);
    expect(store.state().status).toBe('paused');
  });
});

it('a page that goes on after a pause does not say that a connection was lost', async () => {
  const store = await liveStore();
  store.pause();
  store.resume();
  expect(store.state().status).toBe('connecting');
});

describe('a pause', () => {
  it('waits for what was asked before it, and then stands', async () => {
    const store = await liveStore();
    store.ask('other', { ...QUESTION, limit: 1 });
    await vi.advanceTimersByTimeAsync(0);
    store.pause();
    await vi.advanceTimersByTimeAsync(0);
    expect(Stream.open).toHaveLength(1);
    Stream.open[0]?.send(11, [{ channel: 'Web', amount: 6 }]);
    expect(Stream.open).toEqual([]);
    expect(store.state()).toMatchObject({ status: 'paused', frame: 11 });
  });

  it('says that what is asked meanwhile cannot be had, until it can', async () => {
    const store = await liveStore();
    store.pause();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state().isLost).toBe(false);
    store.ask('other', { ...QUESTION, limit: 1 });
    await vi.advanceTimersByTimeAsync(0);
    Stream.open[0]?.dispatchEvent(new Event('error'));
    expect(store.state()).toMatchObject({ status: 'paused', isLost: true });
    Stream.open[0]?.send(11, [{ channel: 'Web', amount: 6 }]);
    expect(store.state()).toMatchObject({ status: 'paused', isLost: false });
  });

  it('shows nothing of another frame than the page: what was answered before is asked anew', async () => {
    const store = await liveStore();
    const leave = store.ask('other', { ...QUESTION, limit: 1 });
    await vi.advanceTimersByTimeAsync(0);
    Stream.open.at(-1)?.send(10, [{ channel: 'Web', amount: 5 }]);
    leave();
    await vi.advanceTimersByTimeAsync(0);
    Stream.open.at(-1)?.send(20);
    expect(store.isCurrent('q')).toBe(true);
    store.pause();
    await vi.advanceTimersByTimeAsync(0);
    expect(Stream.open).toEqual([]);

    store.ask('other', { ...QUESTION, limit: 1 });
    expect(store.isCurrent('other')).toBe(false);
    await vi.advanceTimersByTimeAsync(0);
    Stream.open[0]?.send(21, [{ channel: 'Web', amount: 7 }]);
    expect([store.isCurrent('q'), store.isCurrent('other')]).toEqual([true, true]);
    expect(Stream.open).toEqual([]);
  });
});

describe('a server that falls silent', () => {
  it('is taken for lost, and asked anew; a sign of life in time keeps the connection', async () => {
    const store = await liveStore();
    const [first] = Stream.open;
    for (let at = 0; at < 10; at++) {
      await vi.advanceTimersByTimeAsync(20_000);
      first?.dispatchEvent(new MessageEvent('alive'));
    }
    expect(Stream.open).toEqual([first]);
    expect(store.state()).toMatchObject({ status: 'live', silences: 0 });

    await vi.advanceTimersByTimeAsync(26_000);
    expect(Stream.open).toHaveLength(1);
    expect(Stream.open[0]).not.toBe(first);
    expect(store.state()).toMatchObject({ status: 'reconnecting', frame: 10, silences: 1 });
    Stream.open[0]?.send(11);
    expect(store.state()).toMatchObject({ status: 'live', frame: 11 });
  });

  it('is given longer each time, as a large answer over a slow line is silent too', async () => {
    await liveStore();
    await vi.advanceTimersByTimeAsync(26_000);
    const [second] = Stream.open;
    await vi.advanceTimersByTimeAsync(40_000);
    expect(Stream.open).toEqual([second]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Stream.open).not.toEqual([second]);
    // But not for ever.
    await vi.advanceTimersByTimeAsync(3_600_000);
    const before = Stream.all.length;
    await vi.advanceTimersByTimeAsync(200_000);
    expect(Stream.all.length).toBeGreaterThan(before);
  });

  it('is noticed also while the reader goes on choosing', async () => {
    const store = await liveStore();
    for (let limit = 1; limit <= 3; limit++) {
      store.ask(`${limit}`, { ...QUESTION, limit });
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(store.state()).toMatchObject({ status: 'reconnecting', silences: 1 });
  });

  it('is not waited for by a page that is paused, or that nobody looks at', async () => {
    const store = await liveStore();
    store.pause();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.state().status).toBe('paused');
    expect(Stream.open).toEqual([]);
    store.resume();
    store.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Stream.open).toEqual([]);
  });
});

describe('a server that was started again', () => {
  it('is told from the one before by its run, once', async () => {
    await liveStore();
    const [stream] = Stream.open;
    stream?.send(11);
    expect(onOtherServer).not.toHaveBeenCalled();
    stream?.send(11, undefined, 'b');
    stream?.send(12, undefined, 'b');
    expect(onOtherServer).toHaveBeenCalledOnce();
  });

  it('is asked for all of what the page had from the one before, which is shown no more', async () => {
    const store = new ViewStore(onOtherServer);
    const leave = store.ask('q', QUESTION);
    await vi.advanceTimersByTimeAsync(0);
    Stream.open[0]?.send(10, [{ channel: 'Web', amount: 5 }]);
    leave();
    store.ask('other', { ...QUESTION, limit: 1 });
    await vi.advanceTimersByTimeAsync(0);
    Stream.open.at(-1)?.send(10, [{ channel: 'Web', amount: 5 }]);
    Stream.open[0]?.send(10, [{ channel: 'Web', amount: 100 }], 'b');
    expect(store.answer('other')?.rows).toEqual([{ channel: 'Web', amount: 100 }]);
    expect(store.answer('q')).toBeUndefined();

    store.ask('q', QUESTION);
    await vi.advanceTimersByTimeAsync(0);
    expect(Stream.open.at(-1)?.url).not.toContain('since');
  });

  it('is noticed also when it has no report any more that the page asks for', async () => {
    const store = await liveStore();
    const answer = { detail: "There is no report 'sales'." };
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json(answer, { status: 404 })));
    await failFor(6_000);
    expect(store.state().problem).toBe(answer.detail);
    expect(onOtherServer).toHaveBeenCalledOnce();
    // What the page did then may have failed: now and then it is told again.
    await failFor(60_000);
    expect(onOtherServer).toHaveBeenCalledTimes(3);
  });
});

it('a server that cannot answer now says why, which is no refusal, until it can', async () => {
  const store = await liveStore();
  const answer = { detail: 'PostgreSQL does not answer.' };
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(answer, { status: 503 })));
  await failFor(6_000);
  expect(store.state()).toMatchObject({ status: 'reconnecting', problem: undefined, hindrance: answer.detail });
  expect(onOtherServer).not.toHaveBeenCalled();
  // Where nobody answers any more, nobody says that, either.
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('nobody')));
  await failFor(2_000);
  expect(store.state()).toMatchObject({ isLost: true, hindrance: undefined });
  Stream.open[0]?.send(11);
  expect(store.state()).toMatchObject({ status: 'live', isLost: false, hindrance: undefined });
});

it('of totals, a group of null is told from one of the text null', async () => {
  const store = await liveStore();
  const rows = [
    { channel: null, amount: 1 },
    { channel: 'null', amount: 2 },
  ];
  Stream.open[0]?.send(11, rows);
  expect(store.answer('q')?.rows).toEqual(rows);
});

it('a page that asks more than fits into a request says so', async () => {
  const store = await liveStore();
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 431 })));
  Stream.open[0]?.close();
  Stream.all.at(-1)?.dispatchEvent(new Event('error'));
  await vi.advanceTimersByTimeAsync(0);
  expect(store.state().problem).toContain('Search for a shorter text');
});
