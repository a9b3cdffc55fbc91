import { createContext, useContext } from 'react';
import type { FrameFeed } from './frame-feed.ts';
import type { LiveReports } from './live-reports.ts';

/** What all parts of a page share of the server. */
export interface Connection {
  readonly feed: FrameFeed;
  readonly reports: LiveReports;
}

export const ConnectionContext = createContext<Connection | undefined>(undefined);

/** The page's connection. @throws Error outside of a page */
export function useConnection(): Connection {
  const connection = useContext(ConnectionContext);
  if (connection === undefined) throw new Error('A part of a page was drawn outside of ConnectionContext.');
  return connection;
}
