/** A tab that was turned away from keeps its connection for so long: a glance at another costs nothing. */
const KEPT_MS = 5_000;

/**
 * Tells when nobody looks at the page any more, as it was left or its tab has been hidden for a while, and when somebody
 * does again. All tabs of a browser have six connections to a server over HTTP/1.1 together, and a page that was left is
 * kept with its own for the way back; so one that nobody looks at should have none.
 * @returns ends it
 */
export function watchAttention(onAway: () => void, onBack: () => void): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let isAway = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const leave = (): void => {
    clearTimeout(timer);
    if (!isAway) onAway();
    isAway = true;
  };
  const look = (): void => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') {
      timer = setTimeout(leave, KEPT_MS);
      return;
    }
    if (isAway) onBack();
    isAway = false;
  };
  addEventListener('pagehide', leave, { signal });
  addEventListener('pageshow', look, { signal });
  document.addEventListener('visibilitychange', look, { signal });
  look();
  return () => {
    clearTimeout(timer);
    ended.abort();
  };
}
