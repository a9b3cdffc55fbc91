import { useEffect, useState, useSyncExternalStore } from 'react';
import type { FeedState, FrameFeed } from '../api/frame-feed.ts';
import { printCount } from '../format.ts';

const TICK_MS = 1_000;
const WORDS: Readonly<Record<FeedState['status'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
};

/** Whether the figures are live, the log's offset that they are as of, and how old that is. */
export function LiveState({ feed }: { readonly feed: FrameFeed }) {
  const { status, frame, cameAtMs } = useSyncExternalStore(feed.onState, feed.state);
  return (
    <p className={`live-state ${status}`}>
      <span className="live-dot" aria-hidden="true" />
      <span role="status">{WORDS[status]}</span>
      {frame !== undefined && (
        <span className="live-frame" title="All records below this offset of the log are in the figures">
          frame {printCount(frame)}
        </span>
      )}
      {cameAtMs !== undefined && <Age sinceMs={cameAtMs} />}
    </p>
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
