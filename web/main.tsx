import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { lazy, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { watchAttention } from './api/attention.ts';
import { ApiError } from './api/http.ts';
import { definitionQuery } from './api/queries.ts';
import { ViewContext } from './api/use-view.ts';
import { ViewStore } from './api/view-store.ts';
import { usePath } from './choices.ts';
import { DashboardPage } from './pages/dashboard-page.tsx';
import { Shell } from './pages/shell.tsx';
import { TileError } from './tiles/tile-frame.tsx';
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
const store = new ViewStore();

const RecordsPage = lazy(async () => ({ default: (await import('./pages/records-page.tsx')).RecordsPage }));
const PipelinePage = lazy(async () => ({ default: (await import('./pages/pipeline-page.tsx')).PipelinePage }));

/** The page that the address names. */
function Page() {
  const path = usePath();
  const { data: definition, error, refetch } = useQuery(definitionQuery);
  const title = definition?.dashboard.title;
  useEffect(() => {
    const name = path === '/records' ? 'Records' : path === '/pipeline' ? 'Pipeline' : title;
    document.title = name === undefined ? 'Daybook' : `${name} · Daybook`;
  }, [path, title]);
  useEffect(() => {
    store.open();
    return watchAttention(
      () => store.leave(),
      () => store.comeBack(),
    );
  }, []);
  if (definition === undefined) {
    return (
      <Shell title="Daybook">
        {error === null ? <p role="status">Loading…</p> : <TileError error={error} onRetry={() => void refetch()} />}
      </Shell>
    );
  }
  if (path === '/records') return <RecordsPage definition={definition} />;
  if (path === '/pipeline') return <PipelinePage definition={definition} />;
  return <DashboardPage definition={definition} />;
}

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no element #root to draw the page in.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <ViewContext value={store}>
        <Suspense fallback={null}>
          <Page />
        </Suspense>
      </ViewContext>
    </QueryClientProvider>
  </StrictMode>,
);
