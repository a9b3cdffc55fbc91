import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { lazy, StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { watchAttention } from './api/attention.ts';
import { isRefused } from './api/http.ts';
import { definitionQuery } from './api/queries.ts';
import { ViewContext } from './api/use-view.ts';
import { ViewStore } from './api/view-store.ts';
import { usePath } from './choices.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { loadCode } from './load-code.ts';
import { DashboardPage } from './pages/dashboard-page.tsx';
import { PageFailure } from './pages/page-failure.tsx';
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
      retry: (count, error) => count < RETRIES && !isRefused(error),
    },
  },
});
const store = new ViewStore(() => void client.invalidateQueries({ queryKey: definitionQuery.queryKey }));

const importRecordsPage = () => import('./pages/records-page.tsx');
const importPipelinePage = () => import('./pages/pipeline-page.tsx');
const RecordsPage = lazy(async () => ({ default: (await loadCode(importRecordsPage)).RecordsPage }));
const PipelinePage = lazy(async () => ({ default: (await loadCode(importPipelinePage)).PipelinePage }));

/**
 * Loads the other pages ahead of time, so that they are there also when the server is away. One that fails is tried again
 * when it is shown; where the browser remembers that it failed, `loadCode` loads the page again.
 */
function loadAhead(): void {
  for (const load of [importRecordsPage, importPipelinePage]) load().catch(() => undefined);
}

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
    if (error === null) return <Loading />;
    return (
      <Shell title="Daybook">
        <TileError error={error} onRetry={() => void refetch()} />
      </Shell>
    );
  }
  return (
    <ErrorBoundary key={path} instead={instead}>
      <Suspense fallback={<Loading />}>
        {path === '/records' && <RecordsPage definition={definition} />}
        {path === '/pipeline' && <PipelinePage definition={definition} />}
        {path !== '/records' && path !== '/pipeline' && <DashboardPage definition={definition} />}
      </Suspense>
    </ErrorBoundary>
  );
}

const instead = (error: Error) => <PageFailure error={error} />;

function Loading() {
  return (
    <Shell title="Daybook">
      <p role="status">Loading…</p>
    </Shell>
  );
}

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no element #root to draw the page in.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <ViewContext value={store}>
        <Page />
      </ViewContext>
    </QueryClientProvider>
  </StrictMode>,
);
// Safari has no requestIdleCallback.
addEventListener('load', () => ('requestIdleCallback' in globalThis ? requestIdleCallback(loadAhead) : loadAhead()));
