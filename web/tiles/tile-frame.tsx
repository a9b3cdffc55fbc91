import type { ReactNode } from 'react';
import { useId } from 'react';
import { isRefused } from '../api/http.ts';
import type { ShownView } from '../api/use-view.ts';
import { usePageState } from '../api/use-view.ts';

interface TileFrameProps {
  readonly kind: 'number' | 'table' | 'map' | 'line' | 'bar';
  /** The region's name. */
  readonly title: string;
  readonly view: Pick<ShownView, 'answer' | 'isStale'>;
  /** What holds for the tile alone: a filter that it cannot take, or what its numbers are. */
  readonly notes?: readonly (string | undefined)[];
  /** Stands beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A tile: a region of the page, named by its title. */
export function TileFrame({ kind, title, view, notes, aside, children }: TileFrameProps) {
  const id = useId();
  const { answer, isStale } = view;
  const { isLost } = usePageState();
  // What is shown while an answer is on its way would stand for long.
  const isFarAway = isLost && (answer === undefined || isStale);
  return (
    <section className={`tile ${kind}-tile`} aria-labelledby={id} aria-busy={isStale && !isFarAway}>
      <header className="tile-header">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {notes?.map(
        (note) =>
          note !== undefined && (
            <p key={note} className="tile-note">
              {note}
            </p>
          ),
      )}
      {isFarAway ? <TileEmpty>Not loaded yet.</TileEmpty> : children}
    </section>
  );
}

/** Stands where something could not be had; what the server refuses it says itself. */
export function TileError({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  return (
    <div className="notice" role="alert">
      <p>This could not be read: {error.message}</p>
      {!isRefused(error) && <p>See whether Daybook is still running, then try again.</p>}
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** Stands where there is nothing to show. */
export function TileEmpty({ children }: { readonly children: ReactNode }) {
  return <p className="notice">{children}</p>;
}
