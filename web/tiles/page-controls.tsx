import { useId } from 'react';
import { printCount } from '../format.ts';
import { PageMove } from './page-move.tsx';
import { PAGE_SIZES } from './table-choices.ts';

interface PageControlsProps {
  readonly title: string;
  /** Rows over all pages; undefined until it is known. */
  readonly total: number | undefined;
  /** 0-based. */
  readonly page: number;
  readonly size: number;
  readonly onPage: (page: number) => void;
  readonly onSize: (size: number) => void;
}

/** How many rows a page has, which of them are shown, and the ways to the others. */
export function PageControls({ title, total, page, size, onPage, onSize }: PageControlsProps) {
  const id = useId();
  const known = total ?? 0;
  const first = known === 0 ? 0 : page * size + 1;
  const last = Math.min(known, (page + 1) * size);
  return (
    <nav className="page-controls" aria-label={`Pages of ${title}`}>
      <label htmlFor={id}>Rows per page</label>
      <select id={id} value={size} onChange={(event) => onSize(Number(event.currentTarget.value))}>
        {PAGE_SIZES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      <div className="page-moves">
        {total === undefined ? (
          <span className="skeleton unseen" aria-hidden="true">
            1–10 of 10,000
          </span>
        ) : (
          <span>
            {printCount(first)}–{printCount(last)} of {printCount(total)}
          </span>
        )}
        <PageMove label="Previous page" isOff={page === 0} onMove={() => onPage(page - 1)}>
          ‹
        </PageMove>
        <PageMove label="Next page" isOff={last >= known} onMove={() => onPage(page + 1)}>
          ›
        </PageMove>
      </div>
    </nav>
  );
}
