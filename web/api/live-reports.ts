import type { Query, QueryClient } from '@tanstack/react-query';
import type { FrameEvent } from '../../src/server/protocol.ts';
import type { DayRange } from './day-range.ts';
import { isInRange } from './day-range.ts';
import type { AsOf, FrameFeed } from './frame-feed.ts';
import type { LiveRowsOf } from './live-rows.ts';
import { LiveRows } from './live-rows.ts';
import { Paced } from './paced.ts';

/** What frames cannot tell is read again at most once in so many ms. */
const READ_AGAIN_MS = 500;

/** The key of each query that reads a report: what it reads, the report, and a request that names the range. */
export type ReportKey = readonly ['live' | 'page' | 'extent', string, { readonly range: DayRange }];

/** Keeps what is shown of the reports up to date: rows that are held take frames, pages are read again. */
export class LiveReports {
  readonly #client: QueryClient;
  readonly #dateColumn: string;
  readonly #held = new Map<string, LiveRows>();
  /** Queries that a frame has outdated, by their hash. */
  readonly #outdated = new Set<string>();
  readonly #reading = new Paced(() => this.#readOutdated(), READ_AGAIN_MS);

  /** @param dateColumn the dimension that is the business date */
  constructor(client: QueryClient, feed: FrameFeed, dateColumn: string) {
    this.#client = client;
    this.#dateColumn = dateColumn;
    feed.onFrame((frame) => this.#take(frame));
    client.getQueryCache().subscribe(({ type, query }) => {
      if (type === 'removed') this.#held.delete(query.queryHash);
    });
  }

  /** The rows of a query, which take frames from now on, also while they are read for the first time. */
  hold(queryHash: string, of: LiveRowsOf): LiveRows {
    const known = this.#held.get(queryHash);
    if (known !== undefined) return known;
    const rows = new LiveRows(of, this.#dateColumn);
    this.#held.set(queryHash, rows);
    return rows;
  }

  #take(frame: FrameEvent): void {
    for (const rows of this.#held.values()) rows.take(frame);
    for (const query of this.#client.getQueryCache().findAll({ type: 'active' })) {
      if (this.#outdates(frame, query)) this.#outdated.add(query.queryHash);
    }
    if (this.#outdated.size > 0) this.#reading.ask();
  }

  #outdates(frame: FrameEvent, query: Query): boolean {
    const [kind, report, request] = query.queryKey as ReportKey;
    const changed = frame.reports.find(({ name }) => name === report);
    if (changed === undefined) return false;
    if (changed.rows === null) return true;
    return kind !== 'live' && changed.rows.some((row) => isInRange(String(row[this.#dateColumn]), request.range));
  }

  async #readOutdated(): Promise<void> {
    const hashes = new Set(this.#outdated);
    this.#outdated.clear();
    await readAgain(this.#client, (query) => hashes.has(query.queryHash));
  }
}

/** Has everything that is shown read again whenever the feed has missed frames, and tells it what is read as of which. */
export function readWhatWasMissed(client: QueryClient, feed: FrameFeed): void {
  feed.onGap(() => void readAgain(client, () => true));
  client.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'success') return;
    const { frame } = event.query.state.data as Partial<AsOf>;
    if (frame !== undefined) feed.noteRead(frame);
  });
}

/** Reads queries that are shown again, by requests that begin now: one that is under way may be older than what asked for it. */
async function readAgain(client: QueryClient, predicate: (query: Query) => boolean): Promise<void> {
  await client.cancelQueries({ predicate });
  await client.invalidateQueries({ predicate });
}
