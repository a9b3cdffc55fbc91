import type { MouseEvent, ReactNode } from 'react';
import { useEffect } from 'react';
import { usePageState } from '../api/use-view.ts';
import { goTo, usePath } from '../choices.ts';
import { focusHeading } from '../focus.ts';
import { LiveState } from './live-state.tsx';
import { FIGURES_STAND_STILL, TroubleBanner } from './trouble-banner.tsx';

const PAGES = [
  ['/', 'Dashboard'],
  ['/records', 'Records'],
  ['/pipeline', 'Pipeline'],
] as const;

interface ShellProps {
  readonly title: string;
  /** Stands beside the live state. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** Where the reader came in: on another page the focus begins at its heading, also when that is drawn anew once it is loaded. */
let firstPath: string | undefined = window.location.pathname;

/** What all pages have: the name, the ways to the others, and whether they are live. */
export function Shell({ title, aside, children }: ShellProps) {
  const path = usePath();
  useEffect(() => {
    if (path === firstPath) return;
    firstPath = undefined;
    if (document.activeElement === document.body) focusHeading();
  }, [path]);
  return (
    <>
      <header className="top-bar">
        <a className="brand" href="/" onClick={follow}>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M4 3.5h9.5a2 2 0 0 1 2 2v11H6a2 2 0 0 1-2-2zM7.5 8h5M7.5 11h5" />
          </svg>
          Daybook
        </a>
        <Pages />
        <LiveState />
      </header>
      <Troubles />
      <TroubleBanner />
      <main>
        <div className="page-header">
          <h1 tabIndex={-1}>{title}</h1>
          {aside}
        </div>
        {children}
      </main>
    </>
  );
}

function Pages() {
  const path = usePath();
  return (
    <nav className="pages" aria-label="Pages">
      {PAGES.map(([address, label]) => (
        <a key={address} href={address} aria-current={path === address ? 'page' : undefined} onClick={follow}>
          {label}
        </a>
      ))}
    </nav>
  );
}

/** Follows a link without loading the page anew, unless the reader wants it elsewhere. */
export function follow(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  goTo(event.currentTarget.href);
}

function Troubles() {
  const { status, isLost, problem, hindrance, frame } = usePageState();
  if (problem !== undefined) {
    return (
      <p className="banner" role="alert">
        The server does not take what this address asks for: {problem} <a href="/">Show everything</a>
      </p>
    );
  }
  if (hindrance !== undefined) {
    return (
      <p className="banner" role="alert">
        {frame === undefined ? 'There are no figures yet.' : FIGURES_STAND_STILL} {hindrance}
      </p>
    );
  }
  if (!isLost) return null;
  return (
    <p className="banner" role="alert">
      {status === 'paused'
        ? 'Daybook does not answer. What is missing comes as soon as it does.'
        : 'The connection is lost. What you see is as it was then; it goes on by itself as soon as Daybook answers.'}
    </p>
  );
}
