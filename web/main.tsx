import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { FrameFeed } from './api/frame-feed.ts';
import { ApiError } from './api/http.ts';
import { readWhatWasMissed } from './api/live-reports.ts';
import { FRAMES_URL } from './api/queries.ts';
import { DashboardPage } from './pages/dashboard-page.tsx';
import './styles.css';

const RETRIES = 3;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // The server may well be this machine: being offline says nothing about it.
      networkMode: 'always',
      refetchOnWindowFocus: false,
      // What the server refuses it will refuse again.
      retry: (count, error) => count < RETRIES && !(error instanceof ApiError && error.status < 500),
    },
  },
});
const feed = new FrameFeed(FRAMES_URL);
readWhatWasMissed(client, feed);
feed.open();

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no element #root to draw the page in.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <DashboardPage feed={feed} />
    </QueryClientProvider>
  </StrictMode>,
);
