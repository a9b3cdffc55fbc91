import { useMemo, useSyncExternalStore } from 'react';

/** What the reader has chosen, by name, as the address' query holds it: a link shows the same page to someone else. */
export type Choices = URLSearchParams;

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

export function useChoices(): Choices {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  return useMemo(() => new URLSearchParams(search), [search]);
}

/** The path of the page that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

/** Changes some choices; undefined takes one back. `push`: the way back leads to what was before. */
export function choose(
  changes: Readonly<Record<string, string | undefined>>,
  how: 'replace' | 'push' = 'replace',
): void {
  const address = addressWith(changes);
  if (how === 'push') window.history.pushState(null, '', address);
  else window.history.replaceState(null, '', address);
  for (const listener of listeners) listener();
}

/** The present page's address with other choices. */
export function addressWith(changes: Readonly<Record<string, string | undefined>>): string {
  const choices = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') choices.delete(name);
    else choices.set(name, value);
  }
  const query = choices.toString();
  return `${window.location.pathname}${query === '' ? '' : `?${query}`}`;
}

/** Goes to another page. */
export function goTo(address: string): void {
  window.history.pushState(null, '', address);
  window.scrollTo(0, 0);
  for (const listener of listeners) listener();
}
