import { useEffect, useState } from 'react';
import { usePageState } from '../api/use-view.ts';
import { CodeNotLoadedError, isAnswering } from '../load-code.ts';
import { Shell } from './shell.tsx';

/** Stands in the place of a page that could not be loaded or drawn, and loads it again: by itself once a lost connection is back. */
export function PageFailure({ error }: { readonly error: Error }) {
  const isNotLoaded = error instanceof CodeNotLoadedError;
  const [isSilent, setIsSilent] = useState(false);
  const { status } = usePageState();
  const [wasLost, setWasLost] = useState(false);
  if (status === 'reconnecting' && !wasLost) setWasLost(true);
  const isDue = isNotLoaded && wasLost && status === 'live';
  useEffect(() => {
    if (isDue) location.reload();
  }, [isDue]);
  const tryAgain = async (): Promise<void> => {
    // A browser shows a page of its own where nobody answers, and its reader would have to find the way back.
    if (await isAnswering()) location.reload();
    else setIsSilent(true);
  };
  return (
    <Shell title="Daybook">
      <div className="notice" role="alert">
        <p>This page could not be {isNotLoaded ? 'loaded' : `drawn: ${error.message}`}.</p>
        <p>
          {isNotLoaded ? (
            'See whether Daybook is still running, then try again.'
          ) : (
            <>
              If it helps not to try again, <a href="/">show everything</a>, and tell of the fault with this page’s
              address.
            </>
          )}
        </p>
        <button type="button" onClick={() => void tryAgain()}>
          Try again
        </button>
        {isSilent && <p>Daybook does not answer.</p>}
      </div>
    </Shell>
  );
}
