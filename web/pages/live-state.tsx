import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { definitionQuery } from '../api/queries.ts';
import { usePageState, useViewStore } from '../api/use-view.ts';
import type { PageState } from '../api/view-store.ts';
import { printFrame } from '../format.ts';

const TICK_MS = 1_000;
const WORDS: Readonly<Record<PageState['status'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  paused: 'Paused',
};

/** Whether the figures are live, the log's offset that they are as of, how old that is; and a pause. */
export function LiveState() {
  const store = useViewStore();
  const { status, frame, cameAtMs } = usePageState();
  const frames = useQuery(definitionQuery).data?.frames;
  const isPaused = status === 'paused';
  return (
    <div className={`live-state ${status}`}>
      <span className="live-dot" aria-hidden="true" />
      <span role="status">{WORDS[status]}</span>
      {frame !== undefined && (
        <span
          className="live-frame"
          title={
            frames === 'moments'
              ? 'All records that the engine had read at this moment are in the figures'
              : 'All records below this offset of the log are in the figures'
          }
        >
          {printFrame(frame, frames)}
        </span>
      )}
      {cameAtMs !== undefined && <Age sinceMs={cameAtMs} />}
      <button
        type="button"
        className="quiet icon"
        aria-label={isPaused ? 'Go on' : 'Pause'}
        title={isPaused ? 'Show what comes again' : 'Let everything stand as it is'}
        onClick={() => (isPaused ? store.resume() : store.pause())}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={isPaused ? 'M4.5 2.5v11l9-5.5z' : 'M4 2.5h3v11H4zM9 2.5h3v11H9z'} />
        </svg>
      </button>
    </div>
  );
}

function Age({ sinceMs }: { readonly sinceMs: number }) {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <span className="live-age">{ageText(nowMs - sinceMs)}</span>;
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}
