import { useId } from 'react';
import { printCount } from '../format.ts';
import { PageMove } from './page-move.tsx';
import { PAGE_SIZES } from './table-choices.ts';

interface PageControlsProps {
  readonly title: string;
  /** Rows over all pages. */
  readonly total: number;
  /** 0-based. */
  readonly page: number;
  readonly size: number;
  readonly onPage: (page: number) => void;
  readonly onSize: (size: number) => void;
}

/** How many rows a page has, which of them are shown, and the ways to the others. */
export function PageControls({ title, total, page, size, onPage, onSize }: PageControlsProps) {
  const id = useId();
  const first = total === 0 ? 0 : page * size + 1;
  const last = Math.min(total, (page + 1) * size);
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
        <span>
          {printCount(first)}–{printCount(last)} of {printCount(total)}
        </span>
        <PageMove label="Previous page" isOff={page === 0} onMove={() => onPage(page - 1)}>
          ‹
        </PageMove>
        <PageMove label="Next page" isOff={last >= total} onMove={() => onPage(page + 1)}>
          ›
        </PageMove>
      </div>
    </nav>
  );
}
